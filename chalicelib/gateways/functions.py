"""Functions: how does one function of ours call another, and what does it hear?"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.function_call import Called
from chalicelib.domain.function_names import function_name


@dataclass(frozen=True)
class LambdaFunctions:
    """The functions of one stage, called with an event and waited for, as their mappings do."""

    client: Any
    stage: str

    def call(self, function: str, event: Mapping[str, Any]) -> Called:
        """How the call ended; one that could not be made has raised, for whoever asks."""
        try:
            answer = self.client.invoke(
                FunctionName=function_name(self.stage, function),
                Payload=json.dumps(event).encode(),
                LogType="Tail",
            )
            content = json.loads(answer["Payload"].read() or b"null")
        except (BotoCoreError, ClientError) as error:
            return Called(raised=f"it could not be called: {error}")
        raised = ""
        if answer.get("FunctionError"):
            raised = f"{content.get('errorType', '')}: {content.get('errorMessage', '')}"
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        return Called(content, raised, log, answer["ResponseMetadata"].get("RequestId", ""))
