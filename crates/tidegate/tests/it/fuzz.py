"""What the fuzzer must know of us beside the description."""

import re
from itertools import count

import schemathesis
from schemathesis.specs.openapi import checks

# Whoever tries wrong tokens too often is turned away with another status, which is a refusal too.
checks.AUTH_REJECTION_STATUSES = {*checks.AUTH_REJECTION_STATUSES, 429}

numbers = count()


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    # A key stands for one request, so that no two requests share one; what is no key stays as it is.
    key = headers.get("Idempotency-Key")
    if key and len(key) <= 64 and all("!" <= letter <= "~" for letter in key):
        number = f"-{next(numbers)}"
        headers["Idempotency-Key"] = key[: 64 - len(number)] + number
    # Values that are meant to be well-formed are made without the pattern of this header.
    tag = headers.get("If-Match")
    if tag is not None and case.meta.generation.mode.is_positive and not re.fullmatch(r'\*|"[!#-~]*"', tag):
        headers["If-Match"] = "*"
