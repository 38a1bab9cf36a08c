"""Titles as nobody should write them, and addresses to which nobody should be sent."""

from __future__ import annotations

MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</title></style><b>bold</b>",
    "]]>--><!-- <x",
    "&lt;b&gt; &amp;amp; &#60;i&#62;",
    '"},{"type":"image","image_url":"https://evil.example"',
    "{{7*7}} {% raw %} ${x} #{y}",
    "<!--[if mso]><v:rect/><![endif]-->",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<style>*{display:none}</style>",
    "<iframe src=//evil.example>",
    "<form action=//evil.example><input name=password>",
    "' onmouseover='alert(1)",
    "`${alert(1)}`",
)
CHATS = (
    "<!channel> <!here> <!everyone>",
    "<@U0123456789> <#C0123456789>",
    "<https://evil.example|your bank>",
    "<!date^1392734382^{date}|x>",
    "<!subteam^S1|all>",
    "*bold* _slanted_ ~gone~ `code` ```block```",
    "> quoted\n>>> more",
    ":skull: :flag-ca:",
    "[your bank](https://evil.example)",
    "![x](https://evil.example/i.png)",
    "# Heading\n- item\n1. item",
    "**bold** __bold__ \\*not\\*",
    "<at>Everyone</at>",
    "{{DATE(2026-11-23T08:00:00Z, SHORT)}}",
    "| a | b |\n|---|---|",
)
LINES = (
    "a\r\nBcc: victim@example.com",
    "a\nSubject: other\n\nbody",
    "a\r\n.\r\nQUIT\r\n",
    "a%0d%0aSet-Cookie: x=y",
    "a\u2028b\u2029c\x85d",
    "=?utf-8?q?=0d=0aBcc:x?=",
    "\n" * 2000 + "below",
    "\t\v\f tabs",
)
LETTERS = (
    "\u202eevil\u202c \u2066x\u2069 \u200f",
    "\x00\x1b[31mred\x07",
    "\u200b\u200b\ufeff\u2060",
    "e" + "\u0301" * 500,
    "\ud83d alone \udfff",
    "\U000e0041\U000e0042 tags",
    "\ufdfd" * 200,
    "پیام‌ها و हिन्दी 👩‍👩‍👧",
)
SIZES = ("a" * 10_000_000, "W" * 500, "ﷺ" * 5000, "<" * 10_000, "&" * 10_000)
ADDRESSES = (
    "javascript:alert(1)",
    "https://evil.example/?x=1",
    "mailto:x@evil.example?bcc=y@z.example",
)

TITLES = (*MARKUP, *CHATS, *LINES, *LETTERS, *SIZES, *ADDRESSES)

LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html;base64,PHN2Zz4=",
    "vbscript:x",
    "file:///etc/passwd",
    "https://bank.example@evil.example/",
    "http://x\r\ny",
    'https://x.example/"onmouseover="alert(1)',
    "//evil.example",
    "https://\u202eevil.example",
)
