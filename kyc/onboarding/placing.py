"""An address in a form: the fields that its country's addresses have, in the country's order and under its words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kyc.onboarding.changing import Page, Standing, plain
from kyc.onboarding.fields import UNCHOSEN, Country, Text
from kyc.parties import addresses, countries
from kyc.parties.addresses import LIMITS, PARTS, Address, Convention
from kyc.parties.models import Party

# Asks for the page again, with the fields of the country that is chosen and all that was typed, and saves nothing.
LAY_OUT = "lay_out"
# What browsers fill in, of whoever writes his own address (WCAG 1.3.5).
FILLS_IN = {
    "country": "country",
    "street": "street-address",
    "district": "address-level3",
    "city": "address-level2",
    "area": "address-level1",
    "postal_code": "postal-code",
}
ROWS = 2

COUNTRY = gettext_lazy("Country")


@dataclass(frozen=True)
class Place:
    """One address that a form asks for. Its country is asked with it, unless the field `of` asks for it already."""

    name: str
    label: Promise
    help_text: Promise | str = ""
    required: bool = True
    of: str = ""
    is_own: bool = False

    @property
    def country(self) -> str:
        return self.of or f"{self.name}_country"

    @property
    def id(self) -> str:
        return f"{self.name}_fields"

    def field(self, part: str) -> str:
        return f"{self.name}_{part}"

    @property
    def fields(self) -> dict[str, forms.Field]:
        found: dict[str, forms.Field] = {} if self.of else {self.country: Country(label=COUNTRY, required=self.required)}
        labels = addresses.convention("").labels
        return found | {
            self.field(part): Text(label=labels[part], max_length=LIMITS.get(part, 200), required=False) for part in PARTS
        }


def fields_of(name: str) -> tuple[str, ...]:
    """The names of the fields that an address may have, for the order of a form."""
    return (f"{name}_country", *(f"{name}_{part}" for part in PARTS))


Form = TypeVar("Form", bound="type[Addressed]")


def asks_address(name: str, label: Promise, **more: Any) -> Callable[[Form], Form]:
    """Decorates a form with an address, whose value stands under `name` in what was `told`; `more` as in Place."""

    def made(form: Form) -> Form:
        place = Place(name, label, **more)
        form.places = {**form.places, name: place}
        for known in (form.declared_fields, form.base_fields):  # type: ignore[attr-defined]  # of every form's metaclass
            known.update(place.fields)
        return form

    return made


class Addressed(Page):
    places: Mapping[str, Place] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if LAY_OUT in self.data:
            typed = {name: field.widget.value_from_datadict(self.data, self.files, name) for name, field in self.fields.items()}
            self.initial, self.is_bound = {**self.initial, **typed}, False
        for place in self.places.values():
            self.lay_out(place)

    def lay_out(self, place: Place) -> None:
        here = self.convention(place)
        for part in PARTS:
            self.fit(place, part, here)
        chooser = self.fields[place.country].widget.attrs
        chooser |= {"hx-post": "", "hx-trigger": "change", "hx-vals": f'{{"{LAY_OUT}": "{place.name}"}}', "hx-swap": "outerHTML"}
        chooser |= {"hx-target": f"#{place.id}", "hx-select": f"#{place.id}"}
        if not place.of:
            self.fields[place.country].is_conditional = True  # type: ignore[attr-defined]  # read by components/field.html
            chooser["autocomplete"] = FILLS_IN["country"] if place.is_own else "off"
        shown = ([] if place.of else [place.country]) + [place.field(part) for part in here.parts]
        rest = [place.field(part) for part in PARTS if part not in here.parts]
        others = [name for name in self.fields if name not in {*shown, *rest}]
        first = sum(name in others for name in self.names_before(place))
        self.order_fields([*others[:first], *shown, *rest, *others[first:]])
        self.fields[shown[0]].block = Block(self, place, here)  # type: ignore[attr-defined]  # read by components/form.html
        for name in (*shown, *rest):
            self.fields[name].is_in_block = True  # type: ignore[attr-defined]  # the same

    def names_before(self, place: Place) -> Iterable[str]:
        for name in self.fields:
            if name in fields_of(place.name):
                return
            yield name

    def convention(self, place: Place) -> Convention:
        return addresses.convention(str(self[place.country].value() or ""))

    def fit(self, place: Place, part: str, here: Convention) -> None:
        field: Any = self.fields[place.field(part)]
        if part not in here.parts:
            # Kept while it is not asked, so that choosing another country and going back loses nothing.
            field.widget = forms.HiddenInput()
            return
        attrs = {"autocomplete": FILLS_IN.get(part, "off") if place.is_own else "off"}
        field.label = here.labels[part]
        field.is_conditional = part in here.required
        if part == "street":
            field.widget = forms.Textarea(attrs={**attrs, "rows": ROWS})
            # Where towns have no field of their own.
            is_whole = "city" not in here.parts and "area" in here.parts
            field.help_text = _("With the town or ward, the block and the building.") if is_whole else ""
        elif part == "area" and here.areas:
            field.choices = [UNCHOSEN, *((area.key, area.label) for area in here.areas.values())]
            field.widget = forms.Select(attrs=attrs, choices=field.choices)
        else:
            field.widget = forms.TextInput(attrs={**attrs, **({"class": "short", "size": 12} if part == "postal_code" else {})})

    def clean(self) -> Any:
        cleaned = super().clean()
        for place in self.places.values():
            self.cleaned_data[place.name] = self.written(place)
        return cleaned

    def written(self, place: Place) -> Address | str:
        """What was written of it; nothing where none is needed and no more than a country was chosen."""
        typed = {part: self.cleaned_data.get(place.field(part), "") for part in PARTS}
        country = self.cleaned_data.get(place.country, "")
        if self.is_left(place, typed, country):
            return str(self.initial[place.name])
        if not (place.required or any(typed.values())):
            return ""
        here = addresses.convention(country)
        found, wrong = addresses.put_right(Address(country, **typed))
        if here.country:
            for part in PARTS:
                self.cleaned_data[place.field(part)] = getattr(found, part)
            wrong |= self.misplaced(place, typed, here)
        for part, sentence in wrong.items():
            name = place.country if part == "country" else place.field(part)
            if name not in self.errors:
                self.add_error(name, sentence)
        return found

    def is_left(self, place: Place, typed: Mapping[str, str], country: str) -> bool:
        """Whether what was told in one piece before has been left so, and in the country where it was."""
        before = self.initial.get(place.name)
        same = {"street": plain(str(before))} | {part: [] for part in PARTS if part != "street"}
        is_there = country == str(self.initial.get(place.country) or "") if place.of else not country
        return bool(before) and is_there and {part: plain(text) for part, text in typed.items()} == same

    def misplaced(self, place: Place, typed: Mapping[str, str], here: Convention) -> dict[str, str]:
        """What was written while the page showed the fields of another country, which this one has no place for."""
        shown = addresses.convention(self.data.get(f"{place.name}_laid_out", ""))
        if shown.country == here.country:
            return {}
        lost = [text for part, text in typed.items() if text and part in shown.parts and part not in here.parts]
        told = _("Addresses in %(country)s have no field for “%(text)s”. Write it here if it belongs to the address.")
        country = countries.name(here.country, "en")
        return {"street": told % {"country": country, "text": ", ".join(lost)}} if lost else {}

    @property
    def told(self) -> dict[str, Any]:
        apart = {name for place in self.places.values() for name in fields_of(place.name) if name != place.of}
        return {name: value for name, value in super().told.items() if name not in apart}

    def leave_out(self, name: str) -> None:
        for field in fields_of(name):
            self.fields.pop(field, None)
        self.places = {other: place for other, place in self.places.items() if other != name}


@dataclass(frozen=True)
class Block:
    """An address as components/address.html draws it."""

    form: Addressed
    place: Place
    convention: Convention

    @property
    def country(self) -> Any:
        return None if self.place.of else self.form[self.place.country]

    @property
    def rows(self) -> list[list[Any]]:
        return [[self.form[self.place.field(part)] for part in row] for row in self.convention.rows]

    @property
    def hidden(self) -> list[Any]:
        shown = self.convention.parts
        return [self.form[self.place.field(part)] for part in PARTS if part not in shown]

    @property
    def is_in_one_piece(self) -> bool:
        """Whether it stands as a text, of which nobody has told the parts."""
        return bool(self.form.initial.get(self.place.name))


def standing(party: Party, places: Mapping[str, Place]) -> Standing:
    """What is known of these addresses, by the names of the fields. One that was told in one piece stands in the street's
    field, and under its own name besides."""
    stands: dict[str, str | list[str]] = {}
    for name, place in places.items():
        known = addresses.of(party, name)
        text = "" if known else getattr(party, name)
        parts = asdict(known) if known else {"country": "", "street": text}
        stands |= {place.field(part): parts.get(part, "") for part in PARTS}
        stands |= {} if place.of else {place.country: parts["country"]}
        stands |= {name: text} if text else {}
    return stands


HOME = gettext_lazy("Home address")
