"""How each class of customer is spoken to: a company runs and is owned, a trust is settled and held."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kyc.parties.models import Profile

C = Profile.CustomerClass
Words = dict[str, Promise]

COMPANY: Words = {
    "about": _("About the company"),
    "about_text": _("Write it as it stands in the register, so that we find it there."),
    "itself": _("The company"),
    "people": _("Who runs the company"),
    "people_text": _("The one person who controls it day to day, its directors, and who may sign for it."),
    "owners_step": _("Owners"),
    "owners": _("Who owns the company"),
    "owners_text": _(
        "Name everyone who holds a share, and who has votes or control without one: people, companies, trusts, states. Where a "
        "company or a trust holds it, name who stands behind that too, down to people or a state."
    ),
    "owners_wait": _("First tell us about the company itself; then its owners can be named."),
    "owners_gap": _("Say who owns the company."),
    "documents_text": _(
        "At least one about the company, such as a recent register extract. Identity papers of the people help us answer sooner."
    ),
    "true": _("What we have told you here is true and complete, and I may say so for the company."),
}
WORDS: dict[str, Words] = {
    C.COMPANY: COMPANY,
    C.RESEARCH: {
        **COMPANY,
        "about": _("About the institution"),
        "about_text": _("Write it as it stands in its statute or in the register, so that we find it there."),
        "itself": _("The institution"),
        "people": _("Who runs the institution"),
        "owners": _("Who stands behind the institution"),
        "owners_text": _(
            "Name the state, the foundation, the company or the people who own or maintain it, down to the last one."
        ),
        "owners_wait": _("First tell us about the institution itself; then who stands behind it can be named."),
        "owners_gap": _("Say who owns or maintains the institution."),
        "documents_text": _(
            "At least one about the institution, such as its statute or a register extract. Identity papers of the people help "
            "us answer sooner."
        ),
        "true": _("What we have told you here is true and complete, and I may say so for the institution."),
    },
    C.INDIVIDUAL: {
        **COMPANY,
        "about": _("About you"),
        "about_text": _("Write it as it stands in your passport or identity card."),
        "itself": _("You"),
        "documents_text": _("Your passport or identity card, every page that carries your name, picture and dates."),
        "true": _("What I have told you here is true and complete."),
    },
    C.TRUST: {
        **COMPANY,
        "about": _("About the trust"),
        "about_text": _("Name the trust itself, as its deed does."),
        "itself": _("The trust"),
        "people": _("Who acts for the trust"),
        "people_text": _("Everyone who may sign for it. Settlor, trustees and beneficiaries come next."),
        "owners_step": _("Settlor and beneficiaries"),
        "owners": _("Who stands behind the trust"),
        "owners_text": _(
            "Name the settlor, the trustees, a protector if there is one, and the beneficiaries, or the class of people from "
            "whom they come. Where one of them is a company or a trust, name who stands behind that too."
        ),
        "owners_wait": _("First name the trust itself; then who stands behind it can be named."),
        "owners_gap": _("Name the settlor, the trustees and the beneficiaries of the trust."),
        "documents_text": _("The trust deed, and identity papers of those who act for the trust."),
        "true": _("What we have told you here is true and complete, and I may say so for the trust."),
    },
    C.STATE_BODY: {
        **COMPANY,
        "about": _("About the state body"),
        "about_text": _("Write it as the act that founded the body does."),
        "itself": _("The body"),
        "people": _("Who runs the body"),
        "people_text": _("The one person who leads it day to day, and who may sign for it."),
        "documents_text": _(
            "The act that founded the body, or its statute. Identity papers of the people help us answer sooner."
        ),
        "true": _("What we have told you here is true and complete, and I may say so for the body."),
    },
}
