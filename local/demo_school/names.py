"""Names a school in an English city really has on its roll, by community, so that first and last names belong together.

None of them is meant to be anybody: names are drawn apart and put together by chance.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Community:
    """Names that go together.

    Attributes:
        weight: How many families of 1,000 have such names.
        feminine: First names of girls and women.
        masculine: First names of boys and men.
        last: Last names.
    """

    weight: int
    feminine: tuple[str, ...]
    masculine: tuple[str, ...]
    last: tuple[str, ...]


def _names(text: str) -> tuple[str, ...]:
    """Names in a text, separated by spaces; an underscore is a space within a name."""
    return tuple(name.replace("_", " ") for name in text.split())


COMMUNITIES = (
    Community(
        660,
        _names(
            "Amelia Olivia Isla Ava Mia Ivy Lily Freya Florence Willow Evie Grace Ella Rosie Poppy Daisy Phoebe Alice"
            " Ruby Charlotte Sophie Emily Matilda Esme Harriet Erin Niamh Caitlin Megan Bethan Zoë Chloë Imogen"
            " Martha Heidi Lottie Jessica Lauren Hannah Rebecca Sarah Claire Joanne Louise Nicola Kerry-Ann Anna-Mae"
            " Ellie-May Siobhán Aoife"
        ),
        _names(
            "Noah Oliver George Arthur Leo Harry Archie Freddie Jack Charlie Theo Alfie Oscar Henry Finley Reuben"
            " Joshua Ethan Isaac Samuel Toby Jude Rowan Rhys Callum Connor Ewan Lewis Jamie Daniel Thomas William"
            " James Benjamin Joseph Matthew Andrew David Paul Mark Stephen Simon Gareth Seán Ruairí Alfie-Jay"
        ),
        _names(
            "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White"
            " Roberts Green Hall Wood Jackson Clarke Hughes Edwards Turner Hill Cooper Ward Baker Harrison Morgan"
            " Shaw Bennett Cook Price Mitchell Parker Griffiths Kelly Murphy O'Brien O'Neill O'Connor D'Arcy"
            " Van_der_Merwe McDonald MacLeod McCarthy Fitzgerald Featherstonehaugh Cholmondeley St.John"
            " Smith-Jones Hall-Wright Ashworth Entwistle Ramsbottom Higginbotham Sykes Haigh Armitage Barraclough"
            " Lee Cox Fox Ng-Taylor Clarke-Evans Penhaligon Trelawny Pritchard Llewellyn Gallagher Byrne Doyle"
        ),
    ),
    Community(
        110,
        _names(
            "Aisha Fatima Maryam Zara Hafsa Amina Khadija Sumayyah Noor Iqra Sana Hira Rabia Safiyyah Zainab Nadia"
            " Saima"
        ),
        _names(
            "Muhammad Mohammed Mohammad Yusuf Ibrahim Hamza Bilal Adam Haroon Zakariya Imran Tariq Faisal Usman Ismail"
        ),
        _names(
            "Khan Ahmed Hussain Ali Begum Akhtar Mahmood Iqbal Malik Shah Rahman Chowdhury Miah Uddin Qureshi Siddiqui"
            " Mirza ul_Haq"
        ),
    ),
    Community(
        70,
        _names("Anaya Priya Diya Simran Jasleen Harpreet Kiran Meera Riya Nisha Gurleen Pooja Deepika Sunita Manpreet"),
        _names("Arjun Rohan Aarav Dev Harjit Gurpreet Jaspreet Vikram Nikhil Kavi Ravi Sandeep Rajesh Amardeep Karan"),
        _names(
            "Patel Singh Kaur Sharma Shah Gill Dhillon Sandhu Mistry Desai Nair Krishnan Chandrasekaran Reddy Joshi"
            " Bhattacharya"
        ),
    ),
    Community(
        70,
        _names(
            "Adaeze Chidinma Abena Ama Folasade Oluwaseun Temitope Zuri Makena Destiny Blessing Precious Renée Shanice"
        ),
        _names("Chukwuemeka Emeka Kwame Kofi Olamide Tobi Ayomide Tendai Malachi Jerome Marvin Winston Tyrell Ikenna"),
        _names(
            "Adeyemi Okonkwo Okafor Mensah Boateng Nwosu Adebayo Osei-Bonsu Owusu Campbell Francis Grant Joseph"
            " Ndlovu Mbeki Nkrumah-Jones Okoro Balogun"
        ),
    ),
    Community(
        40,
        _names("Zuzanna Julia Maja Oliwia Wiktoria Agnieszka Małgorzata Ioana Andreea Ștefania Eglė Katarína Liudmyla"),
        _names("Jakub Szymon Kacper Mateusz Łukasz Wojciech Andrei Ștefan Matúš Tomáš Dmytro Oleksandr Gintaras"),
        _names(
            "Kowalski Nowak Wiśniewska Wójcik Kamiński Zieliński Popescu Ionescu Dvořák Novák Kovačević Šimkus"
            " Shevchenko Müller Brzęczyszczykiewicz"
        ),
    ),
    Community(
        20,
        _names("Mei Xinyi Jia Wing-Yan Hoi-Ching Linh Yuki Soo-Ah"),
        _names("Wei Junjie Ka-Ho Chun-Hei Minh Haruto Min-Jun Zihao"),
        _names("Wong Chan Cheung Leung Chen Li Wang Zhang Nguyễn Trần Tanaka Kim"),
    ),
    Community(
        15,
        _names("Inês Beatriz Lucía Sofía Chiara Amélie Éloïse Françoise"),
        _names("João Tomás Íñigo Matteo François Théo André Núñez"),
        _names("Gonçalves da_Silva Fernández Peña Muñoz D'Angelo Dell'Acqua Lefèvre Çelik Öztürk"),
    ),
    Community(
        10, _names("فاطمة ليلى نور سارة مريم"), _names("محمد أحمد يوسف علي عمر"), _names("العلي الحسن حداد منصور")
    ),
    Community(5, _names("ליאת מרים נועה שרה"), _names("יוסף דוד איתן אריאל"), _names("כהן לוי פרידמן")),
)

# Typed into the MIS by somebody with a phone keyboard; it comes through the feed like any other name.
EMBELLISHMENTS = ("🌸", "⭐", "🦄", "⚽")
