"""Each function has a role of its own that may do what its capability says, and nothing else."""

import pytest

from infra.capabilities import CAPABILITIES
from infra.grants import snapshot_statements
from infra.spec import Capability, DailyTrigger, IndexGrant, SecretGrant, TableGrant
from infra.stages import context_file, stage_from
from infra.tables import TABLES
from tests.infra.assembly import Assembly, listed, text

# Largest sum of inline policies that IAM takes for a role, in characters without white space.
INLINE_POLICY_LIMIT = 10_240
SCHEDULED = [one for one in CAPABILITIES if any(isinstance(trigger, DailyTrigger) for trigger in one.triggers)]


def test_no_action_has_a_wildcard(prod: Assembly) -> None:
    for role, statement in prod.role_statements():
        assert not [action for action in listed(statement["Action"]) if "*" in action], role


def test_no_role_has_a_managed_policy_or_a_policy_from_elsewhere(prod: Assembly) -> None:
    assert all("ManagedPolicyArns" not in properties for properties in prod.properties("AWS::IAM::Role"))
    assert prod.resources("AWS::IAM::Policy") == {}


def test_only_writing_traces_has_no_resource(prod: Assembly) -> None:
    for role, statement in prod.role_statements():
        if "*" in listed(statement["Resource"]):
            assert all(action.startswith("xray:") for action in statement["Action"]), role


def test_every_function_has_a_role_of_its_own(prod: Assembly) -> None:
    roles = [text(properties["Role"]) for properties in prod.properties("AWS::Lambda::Function")]
    assert len(set(roles)) == len(roles) == len(CAPABILITIES)
    assert len(prod.resources("AWS::IAM::Role")) == len(CAPABILITIES) + len(SCHEDULED)


def test_only_lambda_may_take_a_functions_role_and_the_scheduler_of_this_account_its_own(prod: Assembly) -> None:
    for properties in prod.properties("AWS::IAM::Role"):
        (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
        if properties["RoleName"].endswith("-schedule"):
            assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
            assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        else:
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("capability", SCHEDULED, ids=lambda capability: capability.name)
def test_the_scheduler_may_run_its_one_function_and_nothing_else(prod: Assembly, capability: Capability) -> None:
    (statement,) = prod.role(f"school-events-prod-{_dashed(capability)}-schedule")
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"]["Fn::GetAtt"][0].startswith(f"{capability.name.capitalize()}Function")


def test_table_actions_name_a_table_or_an_index_exactly(prod: Assembly) -> None:
    for role, statement in prod.role_statements():
        if any(action.startswith("dynamodb:") for action in listed(statement["Action"])):
            assert "*" not in text(statement["Resource"]), role


def test_nothing_may_scan_a_table(prod: Assembly) -> None:
    actions = {action for _, statement in prod.role_statements() for action in listed(statement["Action"])}
    assert not actions & {"dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:PartiQLUpdate", "dynamodb:DescribeTable"}


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda capability: capability.name)
def test_a_role_may_do_what_its_capability_says(prod: Assembly, capability: Capability) -> None:
    statements = {statement["Sid"]: statement for statement in prod.role(f"school-events-prod-{_dashed(capability)}")}
    for grant in capability.grants:
        if isinstance(grant, TableGrant):
            granted = listed(statements[f"{grant.table.capitalize()}Items"]["Action"])
            assert granted == [f"dynamodb:{action}" for action in grant.actions]
        if isinstance(grant, IndexGrant):
            resources = text(statements[f"{grant.table.capitalize()}Indexes"]["Resource"])
            assert all(f"/index/{index}" in resources for index in grant.indexes)


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda capability: capability.name)
def test_a_function_is_told_the_names_of_what_it_may_touch_and_no_others(
    prod: Assembly, capability: Capability
) -> None:
    function = prod.named("AWS::Lambda::Function", "FunctionName", f"school-events-prod-{_dashed(capability)}")
    variables = function["Environment"]["Variables"]
    tables = {grant.table for grant in capability.grants if isinstance(grant, TableGrant | IndexGrant)}
    assert {name for name in variables if name.endswith("_TABLE")} == {f"{table.upper()}_TABLE" for table in tables}
    secrets = {grant.secret for grant in capability.grants if isinstance(grant, SecretGrant)}
    assert {name for name in variables if name.endswith("_SECRET")} == secrets


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda capability: capability.name)
def test_grants_name_things_that_exist_and_each_thing_once(capability: Capability) -> None:
    indexes = {shape.name: set(shape.indexes) for shape in TABLES}
    for grant in capability.grants:
        if isinstance(grant, IndexGrant):
            assert set(grant.indexes) <= indexes[grant.table]
    tables = [grant.table for grant in capability.grants if isinstance(grant, TableGrant)]
    assert len(tables) == len(set(tables))


def test_a_role_fits_into_what_iam_takes(prod: Assembly) -> None:
    for properties in prod.properties("AWS::IAM::Role"):
        size = sum(len("".join(text(policy["PolicyDocument"]).split())) for policy in properties["Policies"])
        # References are longer in the template than the ARNs they become.
        assert size <= INLINE_POLICY_LIMIT * 1.5, properties["RoleName"]


def test_the_webhook_can_read_no_table(prod: Assembly) -> None:
    statements = prod.role("school-events-prod-stripe-webhook")
    assert not [action for statement in statements for action in listed(statement["Action"]) if "dynamodb" in action]


def test_only_what_the_portal_says_and_forgetting_write_people(prod: Assembly) -> None:
    assert _people_roles(prod, "PutItem", "UpdateItem") == {
        "school-events-prod-portal-sync",
        "school-events-prod-reconciliation",
        "school-events-prod-anonymise",
    }


def test_only_a_waiting_message_is_taken_from_people_by_anybody_else(prod: Assembly) -> None:
    assert _people_roles(prod, "DeleteItem") - _people_roles(prod, "PutItem") == {"school-events-prod-housekeeping"}


def test_no_function_with_a_route_writes_people(prod: Assembly) -> None:
    served = {f"school-events-prod-{_dashed(capability)}" for capability in CAPABILITIES if capability.routes}
    assert not served & _people_roles(prod, "PutItem", "UpdateItem", "DeleteItem")


def test_only_the_reconciliation_reads_the_portals_bucket_and_only_our_snapshots_there(prod: Assembly) -> None:
    readers = {
        role: (listed(statement["Action"]), listed(statement["Resource"]))
        for role, statement in prod.role_statements()
        if "portal-snapshots" in text(statement["Resource"])
    }
    only = (["s3:GetObject"], ["arn:aws:s3:::portal-snapshots/school-events/*"])
    assert readers == {"school-events-prod-reconciliation": only}


def test_a_key_of_the_portals_own_may_be_used_to_read_its_bucket_and_for_nothing_else() -> None:
    key = "arn:aws:kms:eu-west-2:111122223333:key/1"
    stage = stage_from((context_file() | {"stage": "prod", "portal_snapshots_key": key}).get)
    _, statement = [one.to_statement_json() for one in snapshot_statements(stage)]
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", key)
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-2.amazonaws.com"}}


def test_documents_are_kept_where_no_form_reaches_and_deleted_by_housekeeping_alone(prod: Assembly) -> None:
    granted = {
        (role.removeprefix("school-events-prod-"), action, text(statement["Resource"]).partition("}")[2].strip('", ]}'))
        for role, statement in prod.role_statements()
        if "-documents-" in text(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert granted == {
        ("event-documents", "s3:PutObject", "/waiting/*"),
        ("event-documents", "s3:GetObject", "/waiting/*"),
        ("event-documents", "s3:PutObject", "/kept/*"),
        ("event-documents", "s3:GetObject", "/kept/*"),
        ("housekeeping", "s3:DeleteObject", "/waiting/*"),
        ("housekeeping", "s3:DeleteObject", "/kept/*"),
    }


def test_nobody_changes_or_deletes_an_audit_line(prod: Assembly) -> None:
    actions = {
        action
        for _, statement in prod.role_statements()
        if "AuditTable" in text(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert actions == {"dynamodb:PutItem"}


def test_a_secret_is_read_by_its_own_name(prod: Assembly) -> None:
    for role, statement in prod.role_statements():
        if listed(statement["Action"]) == ["secretsmanager:GetSecretValue"]:
            resource = text(statement["Resource"])
            assert "secret:school-events/prod/" in resource, role
            assert "-??????" in resource


def test_the_key_may_be_used_through_a_named_service_only(prod: Assembly) -> None:
    for role, statement in prod.role_statements():
        if statement["Sid"] == "HealthAnswers":
            continue
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            service = statement["Condition"]["StringEquals"]["kms:ViaService"]
            assert service in {
                f"{name}.eu-west-2.amazonaws.com" for name in ("dynamodb", "sqs", "s3", "secretsmanager")
            }
            assert "Key" in text(statement["Resource"]), role


def test_answers_about_health_are_encrypted_by_who_takes_them_and_decrypted_by_one_function(prod: Assembly) -> None:
    """Each under its own key, and only bound to a school, a booking and a question."""
    statements = {
        role.removeprefix("school-events-prod-"): statement
        for role, statement in prod.role_statements()
        if "HealthKey" in text(statement["Resource"])
    }
    actions = {role: listed(statement["Action"]) for role, statement in statements.items()}
    assert {role for role, allowed in actions.items() if "kms:Decrypt" in allowed} == {"booking-answers"}
    assert {action for allowed in actions.values() for action in allowed} == {"kms:Encrypt", "kms:Decrypt"}
    assert "bookings" in actions
    names = ("school", "booking", "question")
    for statement in statements.values():
        assert statement["Condition"] == {
            "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": list(names)},
            "Null": {f"kms:EncryptionContext:{name}": "false" for name in names},
        }


def test_the_embedded_aws_which_tells_policies_of_no_context_is_asked_for_none(local: Assembly) -> None:
    conditions = [one.get("Condition") for _, one in local.role_statements() if one["Sid"] == "HealthAnswers"]
    assert conditions
    assert set(conditions) == {None}


def _people_roles(assembly: Assembly, *actions: str) -> set[str]:
    """The roles that may do one of these to items of the People table."""
    wanted = {f"dynamodb:{action}" for action in actions}
    return {
        role
        for role, statement in assembly.role_statements()
        if "PeopleTable" in text(statement["Resource"]) and wanted & set(listed(statement["Action"]))
    }


def _dashed(capability: Capability) -> str:
    return capability.name.replace("_", "-")
