"""An app's first migration in one step."""

from typing import Any

from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

# Parts of a model, which its table is made with.
WITH_THE_TABLE = (AddField, AddIndex, AddConstraint)


class AtOnce(Operation):
    """What makes a schema out of nothing: each table is made whole, in the state that all operations lead to. One after the other
    they draw every related model anew, hundreds of times, which takes longer than anything else of the first start."""

    reversible = False

    def __init__(self, operations: list[Operation]) -> None:
        for operation in operations:
            if not isinstance(operation, (CreateModel, RunSQL, AddTrigger, *WITH_THE_TABLE)):
                raise TypeError(f"{type(operation).__name__} makes nothing new: it belongs in a migration of its own.")
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.operations], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        # Models drawn before would be drawn again with every operation; forgotten, they are drawn once, when asked for.
        vars(state).pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState) -> None:
        for operation in self.operations:
            if isinstance(operation, CreateModel):
                model = to_state.apps.get_model(app_label, operation.name)
                if self.allow_migrate_model(schema_editor.connection.alias, model):
                    schema_editor.create_model(model)
            elif not isinstance(operation, WITH_THE_TABLE):
                operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "Make all tables"
