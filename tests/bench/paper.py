"""Draws a dossier with so many keys in a process of its own, and says what that took: `python -m tests.bench.paper HOW KEYS`.

HOW is `ours`, or `plain`: the same page by WeasyPrint alone, in one piece, with its tags, and nothing mended in it.
"""

import json
import os
import resource
import sys
import time
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"


def with_keys(count: int) -> dict[str, Any]:
    from tests.reports import specimen

    found = specimen.facts()
    key = found["access"]["keys"][0]
    found["access"]["keys"] = [dict(key, key=f"kh_live_{n:012d}", name=f"number {n}") for n in range(count)]
    return found


def page(facts: dict[str, Any], envelope: dict[str, Any]) -> str:
    from django.template.loader import render_to_string

    return render_to_string("reports/paper/r-03.html", {"report": facts, "envelope": envelope})


def plain(facts: dict[str, Any], envelope: dict[str, Any]) -> bytes:
    import weasyprint

    from reports import part

    document = weasyprint.HTML(string=page(facts, envelope)).render(stylesheets=part.styled(["paper.css"]))
    return document.write_pdf(pdf_variant="pdf/a-3a", pdf_tags=True)  # type: ignore[no-any-return]  # bytes, without a target


def ours(facts: dict[str, Any], envelope: dict[str, Any]) -> bytes:
    from reports import pdf

    return pdf.render(facts, envelope)


def main() -> None:
    django.setup()
    from tests.reports import specimen

    draw = {"plain": plain, "ours": ours}[sys.argv[1]]
    facts = with_keys(int(sys.argv[2]))
    envelope = specimen.envelope(facts)
    began = time.perf_counter()
    data = draw(facts, envelope)
    took = time.perf_counter() - began
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    # As many painters as there are cores, each counted as the largest of them.
    memory = own.ru_maxrss + children.ru_maxrss * (os.cpu_count() or 1)
    worked = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    print(json.dumps({"seconds": took, "worked": worked, "MB": memory / 1024, "bytes": len(data)}))


if __name__ == "__main__":
    main()
