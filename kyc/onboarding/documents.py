"""What proves it: files added, read back and taken back by the members themselves."""

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.private_files import private_file
from kyc.evidence import actions as evidence
from kyc.evidence.models import Document
from kyc.onboarding import steps
from kyc.onboarding.access import members_only, while_editable
from kyc.onboarding.changing import Page
from kyc.onboarding.forms import DocumentForm
from kyc.onboarding.pages import page, posted


def document_or_404(organisation: Organisation, pk: int) -> Document:
    """What a person sent by his own link is between him and the officers."""
    return get_object_or_404(Document.objects.current().filter(organisation=organisation, invitation=None), pk=pk)


@while_editable
def listing(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    form = DocumentForm(posted(request), request.FILES if request.method == "POST" else None, organisation=organisation)
    if form.acted(lambda: save(request, organisation, form)):
        messages.success(request, _("Added."))
        return redirect("onboarding:documents")
    documents = Document.objects.current().filter(organisation=organisation).select_related("party").order_by("pk")
    return page(request, organisation, "documents", step="documents", form=form, documents=documents)


def save(request: HttpRequest, organisation: Organisation, form: DocumentForm) -> None:
    with steps.editing(organisation):
        evidence.upload(organisation, **form.cleaned_data, by=request.user)


@members_only
def download(request: HttpRequest, organisation: Organisation, pk: int) -> FileResponse:
    """The member's own file, as a download that no browser runs."""
    document = document_or_404(organisation, pk)
    return private_file(document.file, name=document.name, content_type=document.content_type)


@while_editable
def remove(request: HttpRequest, organisation: Organisation, pk: int) -> HttpResponse:
    document = document_or_404(organisation, pk)
    form = Page(posted(request))
    if form.acted(lambda: take_back(request, organisation, document)):
        messages.success(request, _("%(name)s has been removed.") % {"name": document.name})
        return redirect("onboarding:documents")
    return page(request, organisation, "document_remove", step="documents", form=form, document=document)


def take_back(request: HttpRequest, organisation: Organisation, document: Document) -> None:
    with steps.editing(organisation):
        evidence.remove(document, by=request.user)
