//! The look of the page: one block of rules that needs no other file, light or dark as the reader's system is.

/// The rules.
pub(super) const RULES: &str = "\
:root{color-scheme:light dark;--ink:#1c1e21;--pale:#5c636b;--paper:#fff;--line:#d9dde2;--band:#f4f6f8;\
--good:#1a6b3c;--bad:#a3241f;--open:#7a5200}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--pale:#9aa3ad;--paper:#14171a;--line:#343a41;--band:#1d2226;\
--good:#6fcf97;--bad:#ff8a80;--open:#e5b567}}\
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:2rem auto;\
padding:0 1rem}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.3rem 0}\
.clean{color:var(--good)}.diverged,.differs{color:var(--bad)}.inconclusive,.unended{color:var(--open)}\
.pale{color:var(--pale)}.wide{overflow-x:auto}\
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}\
th{background:var(--band);font-weight:600}td.n,th.n{text-align:right}\
code,td.v{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere;white-space:pre-wrap}\
@media print{body{margin:0;max-width:none}}";
