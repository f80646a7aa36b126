"""What an auditor asks for, and which of the reports he looks at."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import resume
from accounts.alphabet import by_name
from accounts.models import Organisation
from kyc.keys import secret
from kyc.keys.models import Key
from reports import links
from reports.actions import reported
from reports.facts.catalogue import CATALOGUE, REQUESTED
from reports.facts.reader import FULL, MINIMISED
from reports.long_tables import SUMMARY
from reports.models import Report, ReportSchedule

PICKER = {"type": "datetime-local", "step": "1"}
PAPERS = (("A4", _("A4")), ("Letter", _("US Letter")))
WHOLE = _("That is a whole key. Write only its beginning; who holds the whole can use it, and it is kept nowhere.")

# Fields that belong to some kinds of report, and to which.
GROUPS = [
    (names, [frame.kind for frame in CATALOGUE.values() if frame.kind in REQUESTED and belongs(frame)])
    for names, belongs in (
        (("profile",), lambda frame: frame.has_profiles),
        (("key", "since"), lambda frame: frame.is_period),
        (("tables",), lambda frame: frame.has_long_tables),
    )
]


# Somebody may type a whole one.
resume.never_keep("key")


class OrganisationField(forms.ModelChoiceField):
    """Two of one name are told apart by their number."""

    def label_from_instance(self, obj: Organisation) -> str:
        return obj.numbered


def profile_field() -> forms.ChoiceField:
    """How much a report tells of people."""
    return forms.ChoiceField(
        label=_("People are told"),
        required=False,
        choices=[
            ("", _("As is usual for the report")),
            (MINIMISED, _("Minimised: years of birth, and numbers by their last characters")),
            (FULL, _("In full, for an authority that may read them")),
        ],
        help_text=_(
            "Of the dossier and of the reports on ownership and control and on training runs. Usual is minimised. What tells "
            "people in full, and what goes to an authority, another person has to approve before it is issued."
        ),
    )


def paper_field() -> forms.ChoiceField:
    """Which paper its pages are set on."""
    return forms.ChoiceField(label=_("Paper"), required=False, choices=[("", _("As is usual here")), *PAPERS])


def tables_field(help_text: Promise) -> forms.ChoiceField:
    """How tables that may be long are printed."""
    summary = _("A summary: how many rows there are and the first ones, and the whole attached as CSV")
    return forms.ChoiceField(
        label=_("Long tables"), required=False, choices=[("", _("All on paper")), (SUMMARY, summary)], help_text=help_text
    )


def end_of(day: date | None) -> datetime | None:
    """Of a day that has begun its last moment, today now."""
    if day is None:
        return None
    if day > timezone.now().date():
        raise forms.ValidationError(_now("“As of” lies in the future. Choose a day that has begun."))
    return min(datetime.combine(day, time.max, tzinfo=UTC), timezone.now())


def whole_second(moment: datetime | None) -> datetime | None:
    """The picker knows whole seconds: all of the second counts, so that what a page shows as known is known."""
    if moment is None:
        return None
    if moment > timezone.now():
        raise forms.ValidationError(_now("“As known at” lies in the future. Choose a moment that has passed."))
    return min(moment.replace(microsecond=999_999), timezone.now())


class RequestForm(forms.Form):
    # What it is about and for whom, then what narrows it.
    field_order = ("kind", "organisation", "addressee")
    kind = forms.ChoiceField(
        label=_("Report"),
        choices=[choice for choice in Report.Kind.choices if choice[0] in REQUESTED],
        initial=Report.Kind.DOSSIER,
        widget=forms.RadioSelect,
    )
    organisation = OrganisationField(
        label=_("Organisation"),
        queryset=reported().order_by(*by_name(), "pk"),
        empty_label=_("Choose…"),
        # The keys to choose from are those of whichever is chosen.
        widget=forms.Select(
            attrs={
                "hx-get": reverse_lazy("reports:request"),
                "hx-trigger": "change",
                "hx-target": "#keys",
                "hx-swap": "outerHTML",
            }
        ),
    )
    profile = profile_field()
    key = forms.CharField(
        label=_("One key"),
        required=False,
        max_length=100,
        help_text=_("Of an attribution report: how the key begins, as kh_live_…. Empty means every key of the organisation."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": "keys"}),
    )
    since = forms.DateField(
        label=_("From"),
        required=False,
        help_text=_("Of an attribution report: the beginning of that day, UTC. Empty means a year before “As of”."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    addressee = forms.CharField(
        label=_("Addressee"),
        required=False,
        max_length=200,
        help_text=_("For whom the report is, as its cover says it: an authority, or whoever asked. It changes no fact in it."),
    )
    as_of = forms.DateField(
        label=_("As of"),
        required=False,
        help_text=_("The end of that day, UTC; of an attribution report the end of its interval. Empty means now."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    known_at = forms.DateTimeField(
        label=_("As known at"),
        required=False,
        help_text=_("To see what was known at the end of that second, in UTC. Empty means now."),
        widget=forms.DateTimeInput(attrs=PICKER, format="%Y-%m-%dT%H:%M:%S"),
    )

    paper = paper_field()
    tables = tables_field(_("Of the dossier and of the attribution report. report.json, which is attached, is whole either way."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        resume.fill(self)

    def clean_key(self) -> Key | None:
        """By its prefix, with or without the last four characters behind a dot or dots. A whole key is not shown again."""
        text = self.cleaned_data["key"]
        if secret.PATTERN.search(text):
            self.data = self.data.copy()
            self.data[self.add_prefix("key")] = ""
            raise forms.ValidationError(WHOLE)
        if not text:
            return None
        prefix = text.replace("...", "…").partition("…")[0].strip()
        found = Key.objects.filter(organisation=self.cleaned_data.get("organisation"), prefix=prefix).first()
        if found is None and "organisation" in self.cleaned_data:
            raise forms.ValidationError(_("This organisation has no such key."))
        return found

    def clean_since(self) -> datetime | None:
        day = self.cleaned_data["since"]
        return datetime.combine(day, time.min, tzinfo=UTC) if day else None

    def clean_as_of(self) -> datetime | None:
        return end_of(self.cleaned_data["as_of"])

    def clean_known_at(self) -> datetime | None:
        return whole_second(self.cleaned_data["known_at"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        frame = CATALOGUE.get(data.get("kind", ""))
        if frame and not frame.is_period:
            for field in ("key", "since"):
                if data.get(field):
                    self.add_error(field, _("This belongs to an attribution report. Choose that, or leave this empty."))
        if frame and not frame.has_profiles and data.get("profile"):
            self.add_error("profile", _("An attribution report is made in one way only. Leave this as is usual."))
        if frame and not frame.has_long_tables and data.get("tables"):
            self.add_error("tables", _("This report has no long tables. Leave all on paper."))
        return data

    def common(self) -> list[forms.BoundField]:
        """What is asked of every kind."""
        return [self[name] for name in self.fields if not any(name in names for names, _kinds in GROUPS)]

    def groups(self) -> list[dict[str, Any]]:
        """What is asked of some kinds alone: of which, in words too, and whether something there is wrong."""
        return [
            {
                "kinds": " ".join(kinds),
                "of": ", ".join(kinds),
                "fields": [self[name] for name in names],
                "is_wrong": any(self[name].errors for name in names),
            }
            for names, kinds in GROUPS
        ]

    @property
    def keys(self) -> list[Key]:
        """Those of the organisation chosen so far, to choose from; the newest, when it has very many. With scripts the page
        asks for them again when another is chosen."""
        chosen = str(self["organisation"].value() or "")
        if not chosen.isascii() or not chosen.isdigit() or len(chosen) > 18:
            return []
        return list(Key.objects.filter(organisation=int(chosen), organisation__sandbox="").order_by("-pk")[:200])

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "kind": data["kind"],
            "addressee": data["addressee"],
            "valid_at": data["as_of"],
            "known_at": data["known_at"],
            "since": data["since"],
            "key": data["key"],
            "profile": data["profile"],
            "paper": data["paper"],
            "tables": data["tables"],
        }


class ScheduleForm(forms.Form):
    """What is asked for by the calendar."""

    kind = forms.ChoiceField(label=_("Report"), choices=[choice for choice in Report.Kind.choices if choice[0] in REQUESTED])
    organisation = OrganisationField(
        label=_("Organisation"), required=False, queryset=reported().order_by(*by_name(), "pk"), empty_label=_("Every customer")
    )
    rhythm = forms.ChoiceField(label=_("How often"), choices=ReportSchedule.Rhythm.choices)
    profile = profile_field()
    paper = paper_field()
    first_on = forms.DateField(
        label=_("For the first time on"),
        help_text=_("It is as of the beginning of that day, UTC, and so is each later one."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class LinkForm(forms.Form):
    """For whom a link to a report is, and for how long."""

    reader = forms.CharField(
        label=_("For whom"),
        max_length=links.LONGEST_NAME,
        help_text=_("So that you tell one link from another; the reader does not see it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(label=_("Good for"), coerce=int, initial=links.DAYS[0])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [(n, ngettext("%(n)s day", "%(n)s days", n) % {"n": n}) for n in links.DAYS]
        resume.fill(self)


class WhyForm(forms.Form):
    """Why a report is not approved, or withdrawn."""

    why = forms.CharField(label=_("Why"), max_length=1000)

    def told(self) -> str:
        """Empty where nothing was said that can be kept; the action refuses that with a sentence."""
        return str(self.cleaned_data["why"]) if self.is_valid() else ""


class FilterForm(forms.Form):
    """Which reports the list shows, as it stands in the address."""

    kind = forms.ChoiceField(label=_("Report"), required=False)
    organisation = OrganisationField(
        label=_("Organisation"), required=False, queryset=reported().order_by(*by_name(), "pk"), empty_label=_("All")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].choices = [("", _now("All")), *Report.Kind.choices]

    def chosen(self) -> dict[str, Any]:
        """Filters that are good; a bad one is told beside its field and narrows nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
