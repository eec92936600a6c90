"""OpenFeature's SDK with its OFREP provider. Answers each question on standard input with one line of JSON."""

import json
import os
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

headers = {"Authorization": f"Bearer {os.environ['KEY']}"}
api.set_provider(OFREPProvider(os.environ["SERVER"], headers_factory=lambda: headers))
client = api.get_client()
context = EvaluationContext("visitor-7", {"country": "DE", "basket": 3})

for line in sys.stdin:
    question = json.loads(line)
    flag, otherwise = question["flag"], question["otherwise"]
    ask = client.get_boolean_details if isinstance(otherwise, bool) else client.get_string_details
    told = ask(flag, otherwise, context)
    answer = {
        "value": told.value,
        "variant": told.variant,
        "reason": told.reason,
        "error": told.error_code.value if told.error_code else None,
    }
    print(json.dumps(answer), flush=True)
