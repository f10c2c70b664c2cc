"""The plan: which functions, routes and event sources does app.py register, as SAM?

Chalice's own planner and generator, without the step that downloads wheels and zips
them: the template does not depend on the zip, and each local run and test session needs it.
"""

import importlib
import json
from pathlib import Path
from typing import Any

from chalice.config import Config
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder
from chalice.deploy.deployer import (
    BaseDeployStep,
    BuildStage,
    InjectDefaults,
    PolicyGenerator,
    SwaggerBuilder,
)
from chalice.deploy.models import DeploymentPackage
from chalice.deploy.swagger import CFNSwaggerGenerator
from chalice.deploy.validate import validate_configuration
from chalice.package import PackageOptions, SAMTemplateGenerator
from chalice.policy import AppPolicyGenerator
from chalice.utils import OSUtils

from chalicelib.domain.function_names import function_name

ROOT = Path(__file__).parent.parent

CODE = {"Bucket": {"Ref": "CodeBucket"}, "Key": {"Ref": "CodeKey"}}


class PublicPartition(PackageOptions):
    """Names of service principals without asking a client for its region."""

    def __init__(self) -> None:
        """No client: the parent's one asks for a region and credentials."""

    def service_principal(self, service: str) -> str:
        return f"{service}.amazonaws.com"


class NoPackage(BaseDeployStep):
    """Stands where Chalice would build the zip: names it and builds nothing."""

    def handle(self, config: Config, resource: Any) -> None:
        if isinstance(resource, DeploymentPackage):
            resource.filename = "deployment.zip"


def chalice_config(stage: str) -> Config:
    """What `chalice package --stage` would work from."""
    return Config(
        chalice_stage=stage,
        user_provided_params={"chalice_app": importlib.import_module("app").app},
        config_from_disk=json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8")),
        default_params={"project_dir": str(ROOT)},
    )


def planned_template(stage: str) -> dict[str, Any]:
    """Chalice's SAM template of app.py, its code taken from the parameters CodeBucket and CodeKey.

    Raises: ValueError when Chalice finds the app or .chalice/config.json invalid.
    """
    config = chalice_config(stage)
    validate_configuration(config)
    order = DependencyBuilder()
    application = ApplicationGraphBuilder().build(config, stage)
    steps = [
        InjectDefaults(),
        NoPackage(),
        PolicyGenerator(policy_gen=AppPolicyGenerator(OSUtils()), osutils=OSUtils()),
        SwaggerBuilder(swagger_generator=CFNSwaggerGenerator()),
    ]
    BuildStage(steps=steps).execute(config, order.build_dependencies(application))
    template: dict[str, Any] = SAMTemplateGenerator(config, PublicPartition()).generate(
        order.build_dependencies(application)
    )
    for logical_id, resource in list(template["Resources"].items()):
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            properties["CodeUri"] = CODE
            # An operator, and the functions that operators call, must know it before it is deployed.
            name = function_name(stage, properties["Handler"].rpartition(".")[2])
            properties["FunctionName"] = name
            # Chalice's own log group of the HTTP function refers to an id that the template does not have.
            properties["LoggingConfig"] = {"LogGroup": {"Ref": f"{logical_id}LogGroup"}}
            template["Resources"][f"{logical_id}LogGroup"] = _log_group(name)
    return template


def _log_group(name: str) -> dict[str, Any]:
    """A log that forgets: one that Lambda makes by itself keeps everything for ever."""
    properties = {"LogGroupName": f"/aws/lambda/{name}", "RetentionInDays": {"Ref": "LogRetentionDays"}}
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}
