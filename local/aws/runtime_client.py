"""Start Amazon's runtime interface client in a function's package; the embedded AWS calls it through `bootstrap`.

Packed into every function by `local.aws.packages`; beside the function's own files only the layers and Lambda's runtime
can be imported there.
"""

import json
import os
import resource
import sys
from typing import Any

from awslambdaric import bootstrap
from awslambdaric.lambda_config import LambdaConfigProvider
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient


def reporting(client: Any) -> Any:
    """Make the client say how much memory the function has used, as Lambda's own REPORT line does.

    The line has a second use: the emulator waits 50 ms for the output of an invocation that writes nothing.
    """
    post = client.post_invocation_result

    def post_invocation_result(*arguments: object) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        line = {"type": "platform.report", "record": {"metrics": {"maxMemoryUsedMB": used}}}
        os.write(1, f"{json.dumps(line)}\n".encode())
        post(*arguments)

    client.post_invocation_result = post_invocation_result
    return client


if __name__ == "__main__":
    config = LambdaConfigProvider(sys.argv)
    bootstrap.run(config.handler, reporting(LambdaRuntimeClient(config.api_address, config.use_thread_polling)))
