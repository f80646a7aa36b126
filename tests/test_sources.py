"""What the product's own code never does: judged by its syntax, in every file of it. Its cryptography is that of the inventory in
docs/security.md, and no other."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.running import BASE

FOLDERS = ("accounts", "config", "kyc", "reports", "demo")
FILES = [BASE / "manage.py", *(path for folder in FOLDERS for path in sorted((BASE / folder).rglob("*.py")))]
OWN = [path for path in FILES if "migrations" not in path.parts]
NAMES = [str(path.relative_to(BASE)) for path in OWN]

# What runs text as a program, and what makes objects of whatever bytes say.
RUNS = {"eval", "exec", "compile", "__import__", "execfile"}
UNPACKERS = {"pickle", "cPickle", "marshal", "shelve", "dill", "yaml", "jsonpickle"}
SHELLS = {
    "os.system",
    "os.popen",
    "os.spawnl",
    "os.spawnv",
    "commands.getoutput",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}
XML = {"xml", "lxml", "defusedxml", "xmlrpc", "xmltodict", "bs4", "html5lib"}
# The one place that does, with every document type refused; tests/kyc/screening/sources/test_layouts.py holds it to that.
READS_XML = {"kyc/screening/sources/elements.py"}
# Text that goes to a page as markup, where we have made it ourselves.
SAFE = {
    "accounts/templatetags/selecting.py", "kyc/cases/structure.py", "kyc/desk/network_picture.py", "reports/drawing.py"
}  # fmt: skip
# Names in small letters that hold a constant all the same.
CONSTANT = {
    ("accounts/sessions.py", "sign"),
    ("accounts/eraser.py", "statement"),
    # Of postal codes, as the package of conventions brings them.
    ("kyc/parties/addresses.py", "pattern"),
}

# All that is taken of cryptography; docs/security.md has a row for each that does something.
CIPHERS = {
    "cryptography.exceptions.InvalidSignature", "cryptography.exceptions.InvalidTag",
    # Signatures of others, which are only read.
    "cryptography.hazmat.primitives.asymmetric.ec.ECDSA", "cryptography.hazmat.primitives.asymmetric.ec.EllipticCurvePublicKey",
    "cryptography.hazmat.primitives.serialization.load_pem_public_key",
    "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey",
    "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PublicKey",
    "cryptography.hazmat.primitives.ciphers.aead.AESGCM", "cryptography.hazmat.primitives.hashes.SHA256",
    "cryptography.hazmat.primitives.kdf.hkdf.HKDF", "cryptography.hazmat.primitives.serialization.Encoding",
    "cryptography.hazmat.primitives.serialization.PublicFormat", "cryptography.x509.load_pem_x509_certificates",
}  # fmt: skip
# What signatures of reports need: such as PDF readers know.
OF_REPORTS = {
    "cryptography.x509", "cryptography.exceptions.UnsupportedAlgorithm", "cryptography.hazmat.primitives.hashes",
    "cryptography.hazmat.primitives.asymmetric.padding", "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.hazmat.primitives.asymmetric.ec", "cryptography.hazmat.primitives.serialization.NoEncryption",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.serialization.PrivateFormat", "cryptography.hazmat.primitives.serialization.pkcs12",
    "cryptography.x509.oid.NameOID",
}  # fmt: skip
OTHER_CRYPTOGRAPHY = {"nacl", "Crypto", "Cryptodome", "rsa", "ecdsa", "M2Crypto", "OpenSSL", "pyaes", "md5", "sha"}
HASHES = {"sha256", "file_digest"}
CHANCE = {"token_bytes", "token_hex", "token_urlsafe", "choice", "compare_digest"}
# Codes that people type, which a few wrong tries end (IDA-05).
TYPED = {"kyc/evidence/confirming/codes.py": "secrets.randbelow"}
# What need not be guessed by nobody: a number of a request, the beginning of a credential that its owner may read aloud.
NOT_SECRET = {("accounts/middleware.py", 8), ("kyc/api/lane.py", 8), ("accounts/credentials.py", 4), ("accounts/heads.py", 8)}
ENOUGH = 16


# Not as soon as this is imported: every process of a run does that.
@cache
def trees() -> dict[str, ast.Module]:
    return {name: ast.parse((BASE / name).read_text()) for name in NAMES}


# Each tree is walked once, whatever is looked for in it.
@cache
def imported(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found += [f"{node.module}.{one.name}" for one in node.names]
    return found


@cache
def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def is_fixed(file: str, text: ast.expr) -> bool:
    """Whether it is text of ours alone: written there, or made of constants, which are in capitals."""
    if isinstance(text, ast.Constant):
        return True
    if isinstance(text, ast.Name):
        return text.id.isupper() or (file, text.id) in CONSTANT
    if isinstance(text, ast.Attribute):
        return text.attr.isupper()
    if isinstance(text, ast.JoinedStr):
        return all(is_fixed(file, one.value if isinstance(one, ast.FormattedValue) else one) for one in text.values)
    if isinstance(text, ast.Call) and ast.unparse(text.func) in {"re.escape", "sql.SQL"}:
        return ast.unparse(text.func) == "re.escape" or is_fixed(file, text.args[0])
    if isinstance(text, ast.BinOp) and isinstance(text.op, ast.Add):
        return is_fixed(file, text.left) and is_fixed(file, text.right)
    return False


def runs_text(file: str, tree: ast.AST) -> Iterator[str]:
    yield from (name for name, _ in calls(tree) if name in RUNS)
    yield from (name for name in imported(tree) if name.partition(".")[0] in UNPACKERS)


def starts_a_shell(file: str, tree: ast.AST) -> Iterator[str]:
    for name, call in calls(tree):
        shell = next((one.value for one in call.keywords if one.arg == "shell"), None)
        if name in SHELLS or (shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False)):
            yield f"{name}, line {call.lineno}"
        if name.startswith("subprocess.") and call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr):
            yield f"{name}, line {call.lineno}: a line in place of a list of words"


def makes_a_pattern_of_input(file: str, tree: ast.AST) -> Iterator[str]:
    for name, call in calls(tree):
        if name.startswith("re.") and name != "re.escape" and call.args and not is_fixed(file, call.args[0]):
            yield f"{ast.unparse(call.args[0])}, line {call.lineno}"


def formats_what_is_not_ours(file: str, tree: ast.AST) -> Iterator[str]:
    for _, call in calls(tree):
        said = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr in {"format", "format_map"} else None
        if said is not None and not is_fixed(file, said):
            yield f"{ast.unparse(said)}, line {call.lineno}"


def reads_xml(file: str, tree: ast.AST) -> Iterator[str]:
    yield from (name for name in imported(tree) if name.partition(".")[0] in XML and file not in READS_XML)


def trusts_markup(file: str, tree: ast.AST) -> Iterator[str]:
    yield from (name for name, _ in calls(tree) if name in {"mark_safe", "SafeString", "SafeText"} and file not in SAFE)


def builds_a_template(file: str, tree: ast.AST) -> Iterator[str]:
    yield from (
        name for name in imported(tree) if name in {"django.template.Template", "django.template.engines", "jinja2.Template"}
    )
    yield from (name for name, _ in calls(tree) if name.endswith(".from_string"))


def encrypts_otherwise(file: str, tree: ast.AST) -> Iterator[str]:
    for name in imported(tree):
        head = name.partition(".")[0]
        allowed = CIPHERS | OF_REPORTS if file.startswith("reports/") else CIPHERS
        if head in OTHER_CRYPTOGRAPHY or (head == "cryptography" and name not in allowed):
            yield name


def hashes_otherwise(file: str, tree: ast.AST) -> Iterator[str]:
    for name in imported(tree):
        if name.startswith("hashlib.") and name.partition(".")[2] not in HASHES:
            yield name
    for name, call in calls(tree):
        if re.fullmatch(r"hashlib\.\w+", name) and name.partition(".")[2] not in HASHES:
            yield f"{name}, line {call.lineno}"
        if name == "hashlib.file_digest" and ast.unparse(call.args[1]) != "'sha256'":
            yield f"{ast.unparse(call)}, line {call.lineno}"
        if name in {"hmac.new", "hmac.digest", "salted_hmac"}:
            words = [ast.unparse(one) for one in call.args] + [ast.unparse(one.value) for one in call.keywords]
            if not {"'sha256'", "sha256", "hashlib.sha256"} & set(words):
                yield f"{ast.unparse(call)}, line {call.lineno}"


# Reads a number that somebody else has made, and makes none.
READS = "uuid.UUID"


def leaves_little_to_chance(file: str, tree: ast.AST) -> Iterator[str]:
    """Also where the generator is not meant for secrets, or numbers of chance are taken from elsewhere."""
    yield from (name for name in imported(tree) if name.partition(".")[0] in {"random", "uuid"} and name != READS)
    for name, call in calls(tree):
        if name.startswith("secrets.") and name.partition(".")[2] not in CHANCE and TYPED.get(file) != name:
            yield f"{name}, line {call.lineno}"
        if name.startswith("secrets.token_"):
            count = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
            if isinstance(count, int) and count < ENOUGH and (file, count) not in NOT_SECRET:
                yield f"{name}({count}), line {call.lineno}"


RULES = (
    runs_text, starts_a_shell, makes_a_pattern_of_input, formats_what_is_not_ours, reads_xml, trusts_markup, builds_a_template,
    encrypts_otherwise, hashes_otherwise, leaves_little_to_chance,
)  # fmt: skip


def never(rule: object) -> dict[str, list[str]]:
    return {file: found for file, tree in trees().items() if (found := list(rule(file, tree)))}  # type: ignore[operator]


def test_all_of_it_is_read() -> None:
    assert len(trees()) > 300


class TestNothing:
    """One test a rule, so that docs/asvs.md can name it."""

    def test_runs_text_as_a_program_or_makes_objects_of_bytes(self) -> None:
        assert never(runs_text) == {}

    def test_starts_a_shell(self) -> None:
        assert never(starts_a_shell) == {}

    def test_makes_a_pattern_of_input(self) -> None:
        assert never(makes_a_pattern_of_input) == {}

    def test_formats_what_is_not_ours(self) -> None:
        assert never(formats_what_is_not_ours) == {}

    def test_reads_xml_but_where_no_entity_is_expanded(self) -> None:
        assert never(reads_xml) == {}

    def test_trusts_markup_but_where_we_drew_it(self) -> None:
        assert never(trusts_markup) == {}

    def test_builds_a_template_of_text(self) -> None:
        assert never(builds_a_template) == {}

    def test_encrypts_but_with_aes_gcm_or_signs_but_with_ed25519(self) -> None:
        assert never(encrypts_otherwise) == {}

    def test_hashes_but_with_sha_256(self) -> None:
        assert never(hashes_otherwise) == {}

    def test_leaves_less_than_128_bits_to_chance(self) -> None:
        assert never(leaves_little_to_chance) == {}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (runs_text, "eval(text)"),
        (runs_text, "import pickle"),
        (starts_a_shell, "subprocess.run(['ls', name], shell=True)"),
        (starts_a_shell, "subprocess.run(f'ls {name}')"),
        (starts_a_shell, "os.system(name)"),
        (makes_a_pattern_of_input, "re.search(text, page)"),
        (makes_a_pattern_of_input, "re.compile(f'^{text}$')"),
        (formats_what_is_not_ours, "text.format(user=user)"),
        (reads_xml, "from xml.etree import ElementTree"),
        (trusts_markup, "mark_safe(name)"),
        (builds_a_template, "from django.template import Template"),
        (builds_a_template, "engine.from_string(text)"),
        (encrypts_otherwise, "from cryptography.hazmat.primitives.ciphers import Cipher"),
        (encrypts_otherwise, "from cryptography.hazmat.primitives.asymmetric import rsa"),
        (encrypts_otherwise, "import nacl.secret"),
        (hashes_otherwise, "hashlib.md5(text)"),
        (hashes_otherwise, "from hashlib import sha1"),
        (hashes_otherwise, "salted_hmac(salt, value)"),
        (leaves_little_to_chance, "import random"),
        (leaves_little_to_chance, "secrets.token_hex(8)"),
        (leaves_little_to_chance, "import uuid"),
    ],
)
def test_what_breaks_a_rule_is_found(rule: object, code: str) -> None:
    """The negative control."""
    assert list(rule("of/the/test.py", ast.parse(code))), code  # type: ignore[operator]


class TestTheScript:
    """Ours; htmx is the library's own, whole and as it was published."""

    FILES = ("keyholder.js", "picture.js", "review.js", "upload.js", "verify.js")
    SCRIPT = "\n".join((BASE / "static/js" / name).read_text() for name in FILES)
    # Names of properties that come from the page: read, never written.
    WRITES = re.compile(r"(?<=[\w)\]])\[(?![\"'0-9])[^=;\n]*\]\s*(?:=(?![=>])|\+=|\?\?=)")
    OTHERS = re.compile(
        r"__proto__|\.prototype|Object\.assign|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    )

    def test_writes_no_property_that_text_names(self) -> None:
        assert self.WRITES.findall(self.SCRIPT) == []
        assert self.OTHERS.findall(self.SCRIPT) == []

    def test_what_would_is_found(self) -> None:
        for code in ("options[name] = value", "a[key.part] ??= 1", "target[path[0]] += x"):
            assert self.WRITES.search(code), code
        assert self.OTHERS.search("part.innerHTML = text") and self.OTHERS.search("Object.assign(a, b)")

    # Tabs of the same origin tell each other that somebody is there (BroadcastChannel); nobody else can reach that.
    HEARS = re.compile(r"(?<!tabs\?\.)postMessage|onmessage|(?<!tabs\?\.addEventListener\()[\"']message[\"']")

    def test_listens_to_no_other_window(self) -> None:
        assert not self.HEARS.search(self.SCRIPT)

    def test_one_that_did_is_found(self) -> None:
        for code in ('window.addEventListener("message", act)', "parent.postMessage(1)", "onmessage = act"):
            assert self.HEARS.search(code), code

    def test_there_is_no_other(self) -> None:
        scripts = {str(path.relative_to(BASE)) for path in Path(BASE / "static").rglob("*.js")}
        assert scripts == {f"static/js/{name}" for name in self.FILES}
