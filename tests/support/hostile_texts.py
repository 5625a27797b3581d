"""200 texts that a template engine, a shell, a query or a formatter would act on (T1)."""

from __future__ import annotations

from itertools import product

CANARY = "parley-canary"
"""A file of this name in the working folder would mean that one of them was run."""

_ACTS = (
    "7*7",
    "''.__class__.__mro__[1].__subclasses__()",
    "self.__init__.__globals__",
    "config.items()",
    "request.application.__globals__.__builtins__",
    "().__class__.__base__",
    f"open('{CANARY}','w').write('x')",
    f"__import__('os').system('touch {CANARY}')",
    f"cycler.__init__.__globals__.os.popen('touch {CANARY}').read()",
    "lipsum.__globals__['os']",
    "range(10**9)",
    "'a'*10**9",
    "a|attr('__class__')",
    "user.password",
    "settings.SECRET_KEY",
    f"constructor.constructor('return process')().mainModule.require('fs').writeFileSync('{CANARY}','x')",
    "[].filter.constructor('alert(1)')()",
    "eval('1+1')",
    "1 if True else 0",
    "x for x in (1,2)",
)
_DRESSES = ("{{%s}}", "{{ %s }}", "{%% %s %%}", "{# %s #}", "${%s}", "#{%s}", "<%%= %s %%>", "{%s}", "${{%s}}")
_WHOLE = (
    "{0.__class__}",
    "{0.__init__.__globals__[SECRET_KEY]}",
    "{name!r:>{width}}",
    "%(password)s",
    "%s%s%s%n",
    f"$(touch {CANARY})",
    f"`touch {CANARY}`",
    f"; touch {CANARY} #",
    f"| touch {CANARY}",
    "'; DROP TABLE agents_agent; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "{% include '/etc/passwd' %}",
    "{% load static %}{% csrf_token %}",
    "{{{{7*7}}}}",
    "{{#with}}{{/with}}",
    "{{{7*7}}}",
    "[[${7*7}]]",
)

HOSTILE_TEXTS: tuple[str, ...] = (*(dress % act for dress, act in product(_DRESSES, _ACTS)), *_WHOLE)
