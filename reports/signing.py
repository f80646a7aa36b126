"""Signs reports: PAdES (ETSI EN 319 142-1), invisible, and checked at once: nothing is kept whose signature does not hold.

B-B unless REPORT_LEVEL says otherwise: B-T adds the time of an authority outside, B-LT what is needed to check it when neither
authority answers any more. All of it stands in one revision, which the signature covers.
"""

import asyncio
import io
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from django.conf import settings
from pikepdf import Array, Dictionary, Name, String

from accounts import timestamps
from reports import authority, checker, tokens

if TYPE_CHECKING:
    from pyhanko_certvalidator import ValidationContext

FIELD = "Signature"
B_B, B_T, B_LT = "B-B", "B-T", "B-LT"
TIMES = {
    B_B: "No authority outside says when it was signed; the time is the provider's own.",
    B_T: "An authority outside says when it was signed.",
    B_LT: "An authority outside says when it was signed, and the file holds what is needed to check that later.",
}


class NotSigned(Exception):
    """A report could not be signed so that the signature holds; says why."""


@dataclass(frozen=True)
class Hand:
    """With what is signed: the signer's certificate, those between it and a root, and the roots it is believed by."""

    certificate: x509.Certificate
    between: tuple[x509.Certificate, ...]
    roots: tuple[x509.Certificate, ...]

    @property
    def fingerprint(self) -> str:
        return checker.Signature(self.certificate, (), b"").fingerprint


def source() -> str:
    """The file or token that signs; in demo mode of an authority that is made here the first time."""
    if settings.REPORT_SIGNER:
        return str(settings.REPORT_SIGNER)
    return str(authority.kept(settings.REPORT_AUTHORITY_DIR, provider=settings.PROVIDER_NAME) / authority.SIGNER)


def roots() -> tuple[x509.Certificate, ...]:
    """Whom this installation believes about signatures of reports."""
    if settings.REPORT_ROOTS:
        return certificates(Path(settings.REPORT_ROOTS).read_bytes())
    return certificates(Path(source()).with_name(authority.ROOT).read_bytes())


def certificates(data: bytes) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(data))


def hand() -> Hand:
    written = source()
    chain = certificates(Path(settings.REPORT_CHAIN).read_bytes()) if tokens.is_token(written) else of_file(written)
    return Hand(chain[0], chain[1:], roots())


def of_file(path: str) -> tuple[x509.Certificate, ...]:
    """From PEM, the signer's first; or PKCS#12."""
    data = Path(path).read_bytes()
    if b"-----BEGIN" in data:
        return certificates(data)
    _, own, others = pkcs12.load_key_and_certificates(data, passphrase())
    if own is None:
        raise NotSigned("REPORT_SIGNER holds no certificate.")
    return (own, *others)


def passphrase() -> bytes | None:
    return settings.REPORT_SIGNER_PASSPHRASE.encode() or None


def words() -> str:
    """What the cover and the envelope say: which level, whose certificate."""
    own = hand()
    who, by = called(own.certificate.subject), called(own.certificate.issuer)
    until = f"{own.certificate.not_valid_after_utc:%Y-%m-%d}"
    return (
        f"PAdES {settings.REPORT_LEVEL}, by “{who}”. {TIMES[settings.REPORT_LEVEL]} "
        f"The certificate was issued by “{by}”, is good until {until} and has the SHA-256 {own.fingerprint}."
    )


def called(name: x509.Name) -> str:
    """A certificate's holder as people write it: what, and whose."""
    kinds = (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME)
    found = [str(part.value) for kind in kinds for part in name.get_attributes_for_oid(kind)]
    return ", ".join(dict.fromkeys(found)) or name.rfc4514_string()


def signed(data: bytes) -> bytes:
    """The PDF with its signature, checked by two readers that share no code. Raises NotSigned; OSError where an authority is
    away."""
    own = hand()
    found = asyncio.run(made(with_field(data), own))
    why = why_not(found, own.roots)
    if why:
        raise NotSigned(why)
    return found


def why_not(data: bytes, believed: tuple[x509.Certificate, ...]) -> str:
    """Empty where the signature holds, by our own reading and by pyHanko's."""
    try:
        checker.chained(checker.signature_of(data), believed)
    except checker.Broken as broken:
        return str(broken)
    return read_by_another(data, believed)


def detached(data: bytes) -> bytes:
    """The signature (CMS, DER) of a file that stands beside it, checked at once. Raises NotSigned."""
    own = hand()
    found = asyncio.run(beside(data, own))
    try:
        checker.chained(checker.held(found, data), own.roots)
    except checker.Broken as broken:
        raise NotSigned(str(broken)) from None
    return found


async def beside(data: bytes, own: Hand) -> bytes:
    with signer(own) as signs:
        content = await signs.async_sign_general_data(data, "sha256", use_cades=False)
    return bytes(content.dump())


def with_field(data: bytes) -> bytes:
    """An empty, invisible field for the signature on the first page: tagged and named, as PDF/UA asks for of every field."""
    with pikepdf.open(io.BytesIO(data)) as document:
        page, tree = document.pages[0].obj, document.Root.StructTreeRoot
        numbers = tree.ParentTree.Nums
        place = max((int(numbers[at]) for at in range(0, len(numbers), 2)), default=-1) + 1
        field = document.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(FIELD), TU=String("Signature of the provider"),
                F=132, Rect=Array([0, 0, 0, 0]), P=page, StructParent=place, Contents=String("Signature of the provider"),
            )
        )  # fmt: skip
        whole = tree.K[0] if isinstance(tree.K, Array) else tree.K
        tag = document.make_indirect(
            Dictionary(
                Type=Name.StructElem, S=Name.Form, P=whole, Alt=String("Signature of the provider"),
                K=Dictionary(Type=Name.OBJR, Obj=field, Pg=page),
            )
        )  # fmt: skip
        whole.K.append(tag)
        numbers.extend([place, tag])
        page.Annots = Array([*page.get("/Annots", ()), field])
        page.Tabs = Name.S
        document.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


async def made(data: bytes, own: Hand) -> bytes:
    # Longer to load than most processes live.
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference

    class Writer(IncrementalPdfFileWriter):
        """Leaves the document's metadata as they are: what PDF/A and PDF/UA are claimed by stands in them."""

        def _update_meta(self) -> None:
            pass

    is_long = settings.REPORT_LEVEL == B_LT
    async with AsyncExitStack() as closing:
        metadata = PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            name=called(own.certificate.subject),
            reason="Report as made by the provider",
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            embed_validation_info=is_long,
            validation_context=fetching(own.roots, await closing.enter_async_context(session())) if is_long else None,
            dss_settings=DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE),
        )
        stamper = None if settings.REPORT_LEVEL == B_B else stamps()
        signs = closing.enter_context(signer(own))
        try:
            out = await PdfSigner(metadata, signs, timestamper=stamper).async_sign_pdf(Writer(io.BytesIO(data)))
        except SigningError as error:
            raise NotSigned(f"{error}: {error.__cause__ or ''}") from error
    return bytes(out.getbuffer())


def session() -> Any:
    import aiohttp

    return aiohttp.ClientSession()


def signer(own: Hand) -> AbstractContextManager[Any]:
    """pyHanko's signer, for as long as it is needed: a token is closed behind it."""
    from pyhanko.keys import load_private_key_from_pemder
    from pyhanko.sign.signers import SimpleSigner

    written, certificate, between = source(), read(own.certificate), list(map(read, own.between))
    if tokens.is_token(written):
        return tokens.opened(written, certificate, between)
    if b"-----BEGIN" in Path(written).read_bytes():
        key = load_private_key_from_pemder(written, passphrase())
    elif packed := SimpleSigner.load_pkcs12(written, passphrase=passphrase()):
        key = packed.signing_key
    else:
        raise NotSigned("REPORT_SIGNER can't be opened.")
    return nullcontext(SimpleSigner(signing_cert=certificate, signing_key=key, cert_registry=registry(own), embed_roots=False))


def registry(own: Hand) -> Any:
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    return SimpleCertificateStore.from_certs(map(read, own.between))


def read(certificate: x509.Certificate) -> Any:
    """As pyHanko has it."""
    from asn1crypto.x509 import Certificate

    return Certificate.load(certificate.public_bytes(Encoding.DER))


def fetching(believed: tuple[x509.Certificate, ...], over: Any) -> "ValidationContext":
    """Asks the authorities that the certificates name what is revoked; none of their answers may be missing."""
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

    return ValidationContext(
        trust_roots=trusted(believed),
        allow_fetching=True,
        revocation_mode="hard-fail",
        fetcher_backend=AIOHttpFetcherBackend(over),
    )


def trusted(believed: tuple[x509.Certificate, ...]) -> list[Any]:
    return [*map(read, [*believed, *stamping_roots()])]


def stamping_roots() -> tuple[x509.Certificate, ...]:
    return certificates(Path(settings.TIMESTAMP_ROOTS).read_bytes()) if settings.TIMESTAMP_ROOTS else ()


@cache
def stamper_class() -> Any:
    from asn1crypto import tsp
    from pyhanko.sign.timestamps import TimeStamper

    class Stamper(TimeStamper):
        """The authority that the audit tree's heads are stamped by."""

        async def async_request_tsa_response(self, req: Any) -> Any:
            answer = await asyncio.to_thread(timestamps.sent, req.dump())
            return tsp.TimeStampResp.load(answer)

    return Stamper


def stamps() -> Any:
    return stamper_class()()


def read_by_another(data: bytes, believed: tuple[x509.Certificate, ...], *, at: datetime | None = None) -> str:
    """What pyHanko has against the signature at that time, by default now; empty where it has nothing. Of a B-LT it asks of no
    certificate more than is known from the file. Fetches nothing."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator import ValidationContext
    from pyhanko_certvalidator.errors import PathError

    try:
        reader = PdfFileReader(io.BytesIO(data))
        (found,) = reader.embedded_signatures
        known = {"trust_roots": trusted(believed), "allow_fetching": False} | ({"moment": at} if at else {})
        if "/DSS" in reader.root:
            judged = DocumentSecurityStore.read_dss(reader).as_validation_context({**known, "revocation_mode": "hard-fail"})
        else:
            judged = ValidationContext(**known)
        status = validate_pdf_signature(found, judged, judged)
    except (PdfError, SignatureValidationError, PathError, ValueError, TypeError, KeyError) as error:
        return f"a second reader can't check the signature: {error}"
    return "" if status.bottom_line else f"a second reader says of the signature: {status.summary()}"
