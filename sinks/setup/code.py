"""The code of a request to a sink: for a shell, in Python and in JavaScript. It reads secrets from its environment."""

import json
import re
import shlex
from collections.abc import Callable, Iterable

from sinks.setup.recipe import Recipe, Text, Variable

_IN_QUOTES = re.compile(r'[$`"\\]')  # what a shell reads inside double quotes
_TIMES_IN_SHELL = {
    "ms": "$(date +%s)000",
    "rfc3339": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
    "http": "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT')",
}
_TIMES_IN_PYTHON = {
    "ms": "str(int(time.time() * 1000))",
    "rfc3339": 'time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())',
    "http": "formatdate(usegmt=True)",
}
_TIMES_IN_JAVASCRIPT = {
    "ms": "String(Date.now())",
    "rfc3339": 'new Date().toISOString().replace(/\\.\\d+Z$/, "Z")',
    "http": "new Date().toUTCString()",
}


def shell(recipe: Recipe) -> str:
    """Return the request as a command with curl, which openssl signs."""
    lines = []
    if recipe.body:
        lines.append(f"BODY={shlex.quote(recipe.body)}")
    if recipe.time_unit:
        lines.append(f"TIME={_TIMES_IN_SHELL.get(recipe.time_unit, '$(date +%s)')}")
    if recipe.uses(Variable.ID):
        lines.append('ID="test-$(date +%s)-$$"')
    if recipe.signature is not None:
        lines += _shell_signature(recipe)
    # With -X HEAD, curl would wait for a body.
    start = "curl -I" if recipe.method == "HEAD" else f"curl -N -X {shlex.quote(recipe.method)}"
    parts = [f"{start} {shlex.quote(recipe.url)}"]
    if recipe.basic:
        parts.append('-u "$SECRET"')
    parts += [f"-H {_in_shell((f'{name}: ', *text))}" for name, text in recipe.headers]
    if recipe.body:
        parts.append('--data-raw "$BODY"')
    lines.append(" \\\n  ".join(parts))
    return "\n".join(lines)


def _shell_signature(recipe: Recipe) -> list[str]:
    signature = recipe.signature
    assert signature is not None
    lines = []
    match signature.key:
        case "base64" | "whsec":
            plain = "${SECRET#whsec_}" if signature.key == "whsec" else "$SECRET"
            lines.append(f"KEY=$(printf '%s' \"{plain}\" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')")
        case "sha1":
            lines.append("KEY=$(printf '%s' \"$SECRET\" | openssl dgst -sha1 -r | cut -d ' ' -f 1)")
        case "hex":
            lines.append('KEY="$SECRET"')
    hmac = '-hmac "$SECRET"' if signature.key == "utf8" else '-mac HMAC -macopt "hexkey:$KEY"'
    digest = f"openssl dgst -{signature.algorithm}" + (f" {hmac}" if signature.kind == "hmac" else "")
    match signature.encoding:
        case "hex":
            end = "-r | cut -d ' ' -f 1"
        case "base64":
            end = "-binary | openssl base64 -A"
        case _:
            end = "-binary | openssl base64 -A | tr '+/' '-_' | tr -d ="
    content = _in_shell(signature.content)
    return [*lines, f"SIGNATURE=$(printf '%s' {content} |\n  {digest} {end})"]


def _in_shell(text: Text) -> str:
    if not any(isinstance(part, Variable) for part in text):
        return shlex.quote("".join(text))
    return '"' + _filled(text, lambda part: _IN_QUOTES.sub(r"\\\g<0>", part), "${{{}}}".format) + '"'


def python(recipe: Recipe) -> str:
    """Return the request as a program in Python, with httpx."""
    names = {variable: variable.lower() for variable in Variable}
    modules = {"httpx"}
    lines = []
    for variable in (Variable.SECRET, Variable.TOKEN):
        if recipe.uses(variable):
            modules.add("os")
            lines.append(f'{names[variable]} = os.environ["{variable}"]')
    if recipe.body:
        lines.append(f"body = {_python_text(recipe.body)}")
    if recipe.time_unit:
        names[Variable.TIME] = "sent_at"
        modules.add("formatdate" if recipe.time_unit == "http" else "time")
        lines.append(f"sent_at = {_TIMES_IN_PYTHON.get(recipe.time_unit, 'str(int(time.time()))')}")
    if recipe.uses(Variable.ID):
        names[Variable.ID] = "delivery_id"
        modules.add("uuid")
        lines.append('delivery_id = f"test-{uuid.uuid4()}"')
    if recipe.signature is not None:
        lines += _python_signature(recipe, names, modules)
    lines += ["headers = {", *(f"    {_python_text(n)}: {_in_python(t, names)}," for n, t in recipe.headers), "}"]
    arguments = [json.dumps(recipe.method), _python_text(recipe.url), "headers=headers"]
    arguments += ["content=body.encode()"] if recipe.body else []
    arguments += ['auth=tuple(secret.split(":", 1))'] if recipe.basic else []
    arguments.append("timeout=60")
    lines += [f"response = httpx.request({', '.join(arguments)})", "print(response.status_code, response.text)"]
    imports = ["from email.utils import formatdate"] if "formatdate" in modules else []
    imports += [f"import {name}" for name in sorted(modules - {"formatdate", "httpx"})]
    return "\n".join([*imports, *([""] if imports else []), "import httpx", "", *lines])


def _python_signature(recipe: Recipe, names: dict[Variable, str], modules: set[str]) -> list[str]:
    signature = recipe.signature
    assert signature is not None
    modules.add("hashlib")
    keys = {
        "hex": "bytes.fromhex(secret)",
        "base64": "base64.b64decode(secret)",
        "whsec": 'base64.b64decode(secret.removeprefix("whsec_"))',
        "sha1": "hashlib.sha1(secret.encode()).digest()",
    }
    key = keys.get(signature.key, "secret.encode()")
    lines = [f"content = {_in_python(signature.content, names)}"]
    if signature.kind == "hmac":
        modules.add("hmac")
        lines += [f"key = {key}", f"digest = hmac.digest(key, content.encode(), {json.dumps(signature.algorithm)})"]
    else:
        lines.append(f"digest = hashlib.{signature.algorithm}(content.encode()).digest()")
    encodings = {
        "hex": "digest.hex()",
        "base64": "base64.b64encode(digest).decode()",
        "base64url": 'base64.urlsafe_b64encode(digest).decode().rstrip("=")',
    }
    lines.append(f"signature = {encodings[signature.encoding]}")
    if any("base64." in line for line in lines):
        modules.add("base64")
    if not any("hashlib." in line for line in lines):
        modules.discard("hashlib")
    return lines


def _python_text(text: str) -> str:
    return repr(text) if '"' in text else json.dumps(text, ensure_ascii=False)


def _in_python(text: Text, names: dict[Variable, str]) -> str:
    if len(text) == 1 and isinstance(text[0], Variable):
        return names[text[0]]
    if not any(isinstance(part, Variable) for part in text):
        return _python_text("".join(text))
    inner = _filled(
        text,
        lambda part: json.dumps(part, ensure_ascii=False)[1:-1].replace("{", "{{").replace("}", "}}"),
        lambda name: f"{{{names[Variable(name)]}}}",
    )
    return f'f"{inner}"'


def javascript(recipe: Recipe) -> str:
    """Return the request as a program in JavaScript, with fetch; signatures are for Node.js."""
    names = {variable: variable.lower() for variable in Variable}
    names |= {Variable.TIME: "sentAt", Variable.ID: "deliveryId"}
    lines = [
        f"const {names[variable]} = process.env.{variable};"
        for variable in (Variable.SECRET, Variable.TOKEN)
        if recipe.uses(variable)
    ]
    if recipe.body:
        lines.append(f"const body = {_javascript_text(recipe.body)};")
    if recipe.time_unit:
        time = _TIMES_IN_JAVASCRIPT.get(recipe.time_unit, "String(Math.floor(Date.now() / 1000))")
        lines.append(f"const sentAt = {time};")
    if recipe.uses(Variable.ID):
        lines.append("const deliveryId = `test-${crypto.randomUUID()}`;")
    imports = []
    if recipe.signature is not None:
        imports = [f'import {{ {_node_functions(recipe)} }} from "node:crypto";', ""]
        lines += _javascript_signature(recipe, names)
    fields = [f"    {json.dumps(name)}: {_in_javascript(text, names)}," for name, text in recipe.headers]
    if recipe.basic:
        fields.append("    authorization: `Basic ${btoa(secret)}`,")
    lines += [
        f"const response = await fetch({json.dumps(recipe.url)}, {{",
        f"  method: {json.dumps(recipe.method)},",
        *(["  headers: {", *fields, "  },"] if fields else []),
        *(["  body,"] if recipe.body else []),
        "});",
        "console.log(response.status, await response.text());",
    ]
    return "\n".join([*imports, *lines])


def _node_functions(recipe: Recipe) -> str:
    signature = recipe.signature
    assert signature is not None
    used = {"createHmac" if signature.kind == "hmac" else "createHash"}
    return ", ".join(sorted(used | ({"createHash"} if signature.key == "sha1" else set())))


def _javascript_signature(recipe: Recipe, names: dict[Variable, str]) -> list[str]:
    signature = recipe.signature
    assert signature is not None
    keys = {
        "hex": 'Buffer.from(secret, "hex")',
        "base64": 'Buffer.from(secret, "base64")',
        "whsec": 'Buffer.from(secret.replace(/^whsec_/, ""), "base64")',
        "sha1": 'createHash("sha1").update(secret).digest()',
    }
    key = keys.get(signature.key, "secret")
    start = f'createHmac("{signature.algorithm}", {key})'
    if signature.kind == "digest":
        start = f'createHash("{signature.algorithm}")'
    content = _in_javascript(signature.content, names)
    return [f'const signature = {start}.update({content}).digest("{signature.encoding}");']


def _javascript_text(text: str) -> str:
    if '"' in text and not re.search(r"[\\`\n]|\$\{", text):
        return f"`{text}`"
    return json.dumps(text, ensure_ascii=False)


def _in_javascript(text: Text, names: dict[Variable, str]) -> str:
    if len(text) == 1 and isinstance(text[0], Variable):
        return names[text[0]]
    if not any(isinstance(part, Variable) for part in text):
        return json.dumps("".join(text), ensure_ascii=False)
    inner = _filled(
        text,
        lambda part: re.sub(r"[\\`]|\$(?=\{)", r"\\\g<0>", part),
        lambda name: f"${{{names[Variable(name)]}}}",
    )
    return f"`{inner}`"


def _filled(text: Iterable[str | Variable], literal: Callable[[str], str], variable: Callable[[str], str]) -> str:
    return "".join(variable(part.value) if isinstance(part, Variable) else literal(part) for part in text)
