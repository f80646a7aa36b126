"""Sealed columns: text that is encrypted on its way to the database and opened where it is read from an instance.

A model with one has a `RowNumber` as its key, because a value is bound to its row before the row exists, and a property
`sealed_for`, the Subject whose data it is.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django.db import connections, models, router
from django.db.models.query_utils import DeferredAttribute

from accounts.vault import boxes, searching, subjects, veils
from accounts.vault.erased import Unreadable
from accounts.vault.files import VaultStorage

FORMAT = "kh1"


class SealedError(Exception):
    """Code uses a sealed column in a way that cannot work."""


class RowNumber(models.BigAutoField):
    """A primary key that is drawn from its sequence before the row is written."""

    def has_default(self) -> bool:
        return True

    def get_default(self) -> None:
        return None

    def get_pk_value_on_save(self, instance: models.Model) -> int:
        connection = connections[router.db_for_write(type(instance), instance=instance)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s))", [instance._meta.db_table, self.column])
            return int(cursor.fetchone()[0])


class Ciphertext:
    """A sealed value as it stands in the database: which key, and the box. `plain` once an instance has opened it."""

    __slots__ = ("plain", "text")

    def __init__(self, text: str, plain: str | None = None) -> None:
        self.text, self.plain = text, plain

    @classmethod
    def of(cls, plain: str, key: bytes, pk: int, place: str) -> "Ciphertext":
        box = boxes.seal(boxes.derived(key, "field"), plain.encode(), bound=bound(place, pk))
        return cls(f"{FORMAT}.{pk}.{urlsafe_b64encode(box).decode()}", plain)

    def open(self, place: str) -> str:
        """Raises Tampered when it was sealed for another place, or changed."""
        if self.plain is None:
            self.plain = self.opened(place)
        return self.plain

    def opened(self, place: str) -> str:
        written, number, box = self.text.split(".") if self.text.count(".") == 2 else ("", "", "")
        if written != FORMAT or not number.isdecimal():
            raise boxes.Tampered(f"What stands at {place} is not sealed.")
        held = subjects.reading(int(number))
        if held.key is None:
            return held.erased
        return boxes.unseal(boxes.derived(held.key, "field"), urlsafe_b64decode(box), bound=bound(place, int(number))).decode()

    def __repr__(self) -> str:
        return "<sealed>"

    def __str__(self) -> str:
        raise SealedError("A sealed value is opened where it is read from an instance of its model.")

    def __reduce__(self) -> tuple[Any, ...]:
        return Ciphertext, (self.text,)


def bound(place: str, key: int) -> str:
    return f"{FORMAT} {place} {key}"


class SealedAttribute(DeferredAttribute):
    """Keeps the value as the database has it, and opens it for who reads it, or masks it: see veils.py."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if not isinstance(value, Ciphertext):
            return value
        return veils.over(instance, self.field.name, value.open(self.field.place(instance)))

    def __set__(self, instance: Any, value: Any) -> None:
        """The same value again leaves what is sealed as it is, so that saving a form twice changes nothing."""
        held = instance.__dict__.get(self.field.attname)
        if isinstance(held, Ciphertext) and isinstance(value, str) and value and held.open(self.field.place(instance)) == value:
            return
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField):
    """Text that identifies somebody directly. Read and written on instances only: not to be filtered on, selected by `values`,
    set by `update`, logged or put in a task. `indexed_as` names a purpose of vault.searching, by which it is found."""

    descriptor_class = SealedAttribute

    def __init__(self, *args: Any, indexed_as: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        # No part of the schema, so its history and migrations know nothing of it.
        self.indexed_as = indexed_as

    def place(self, instance: Any) -> str:
        """Table, column and row; of a row of history those of the row that it tells of."""
        model, row = type(instance), instance.pk
        if tracked := getattr(model, "pgh_tracked_model", None):
            model, row = tracked, instance.pgh_obj_id
        return f"{model._meta.db_table}.{self.column}.{row}"

    def db_check(self, connection: Any) -> str:
        """The database takes nothing in clear either."""
        column = connection.ops.quote_name(self.column)
        return f"{column} = '' OR starts_with({column}, '{FORMAT}.')"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return Ciphertext(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, Ciphertext):
            return value.text
        if value is None or value == "":
            return value
        raise SealedError(f"{self.model.__name__}.{self.name} is sealed: set it on an instance and save that.")

    def pre_save(self, instance: Any, add: bool) -> Any:
        value = instance.__dict__.get(self.attname)
        if isinstance(value, Unreadable):
            raise SealedError(f"{self.model.__name__}.{self.name} was not readable: what stands in its place is no value.")
        if isinstance(value, str) and value:
            seal(instance)
        elif value == "" and self.indexed_as and not add:
            self.index(instance, "")
        return instance.__dict__.get(self.attname)

    def index(self, instance: Any, plain: str) -> None:
        place = f"{self.model._meta.db_table}.{self.column}"
        searching.note(plain, purpose=self.indexed_as, subject=instance.sealed_for, place=place, row=instance.pk)

    def get_lookup(self, lookup_name: str) -> Any:
        return {"exact": IsEmpty, "isnull": super().get_lookup("isnull")}.get(lookup_name)

    def get_transform(self, name: str) -> Any:
        return None

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        if not compiler.query.default_cols:
            raise SealedError(f"{self.model.__name__}.{self.name} is sealed: read it from instances, not by values().")
        return sql, params


class IsEmpty(models.lookups.Exact):
    """Whether there is a value is all that the database can tell of a sealed one."""

    def get_prep_lookup(self) -> Any:
        if self.rhs != "":
            raise SealedError("A sealed column can only be compared with nothing; an exact value is found by vault.searching.")
        return self.rhs


def seal(instance: Any) -> None:
    """Every value of the instance that is in clear, under one reading of its subject's key."""
    key, row = None, None
    for field in instance._meta.concrete_fields:
        value = instance.__dict__.get(field.attname)
        if isinstance(field, SealedField) and isinstance(value, str) and value and not isinstance(value, Unreadable):
            if key is None:
                row, key = subjects.writing(instance.sealed_for)
            instance.__dict__[field.attname] = Ciphertext.of(value, key, row.pk, field.place(instance))
            if field.indexed_as:
                field.index(instance, value)


class VaultFileField(models.FileField):
    """A file in the vault, under the key of the subject that its row is sealed for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("storage", VaultStorage())
        options.setdefault("max_length", 200)
        super().__init__(*args, **options)

    def generate_filename(self, instance: Any, filename: str | None) -> str:
        return self.storage.name_for(instance.sealed_for)  # type: ignore[no-any-return]  # VaultStorage's
