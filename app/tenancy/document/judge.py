"""Values against a marshmallow schema, with the strictness a configuration file deserves.

Marshmallow accepts `"yes"` for a boolean and `"12"` for a number, which forms need; a document that says so is
mistaken. So types are judged here, every fault keeps its exact path, and marshmallow's validators and hooks run on
what is left.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from app.tenancy.document.faults import Path, Problem, describe, either, quote
from app.tenancy.document.fields import SECRET, Expectation, Known, wrong_secrets
from app.tenancy.document.suggestions import closest, one_of


def judge(schema: Schema, value: Any, path: Path = (), *, also: tuple[str, ...] = ()) -> list[Problem]:
    """What is wrong with a value that should fit the schema, in no particular order; [] when it fits.

    also: keys of the mapping that somebody else judges.
    """
    if not isinstance(value, dict):
        return [Problem(path, describe(value), "a mapping")]
    known = input_fields(schema)
    problems = [
        Problem((*path, key), "unknown key", one_of([*also, *known], word=key), at_key=True)
        for key in value
        if key not in known and key not in also
    ]
    for key, field in known.items():
        if key in value:
            problems.extend(judge_field(field, value[key], (*path, key)))
        elif field.required:
            problems.append(Problem((*path, key), "missing", expectation(field)))
    if not problems:
        # Every field is judged: what is left is the schema's own hooks, which see no reference to a secret.
        own, absent = _without_secrets(schema, {key: item for key, item in value.items() if key in known})
        try:
            schema.load(own, unknown=RAISE, partial=tuple(absent) or None)
        except ValidationError as error:
            problems.extend(_from_messages(error.messages, own, path))
    return problems


def judge_field(field: fields.Field[Any], value: Any, path: Path) -> list[Problem]:
    """What is wrong with the value of one field; [] when it fits."""
    if value is None:
        return [] if field.allow_none else [Problem(path, "nothing", expectation(field))]
    if isinstance(value, str) and wrong_secrets(value):
        return [Problem(path, quote(value), "secrets written ${secret:NAME}")]
    if not _has_type(field, value):
        is_container = isinstance(field, (fields.List, fields.Tuple, fields.Mapping, fields.Nested))
        expected = _type_name(field) if is_container else expectation(field)
        return [Problem(path, describe(value), expected + _hint(field, value))]
    if _is_reference(field, value):
        # The real value is known on the machine that serves, not here.
        return []
    problems = list(_judge_inside(field, value, path))
    if problems:
        return problems
    try:
        if isinstance(field, (fields.Nested, fields.List, fields.Dict)):
            for validator in field.validators:
                validator(value)
        else:
            field.deserialize(value, str(path[-1]) if path else None, {})
    except ValidationError as error:
        return [_refused(field, value, path, error)]
    return []


def input_fields(schema: Schema) -> dict[str, fields.Field[Any]]:
    """The fields a document may write, by the key it writes, in the schema's order."""
    return {field.data_key or name: field for name, field in schema.load_fields.items()}


def expectation(field: fields.Field[Any]) -> str:
    """What a field wants, in a few words: `a whole number from 180 to 1095`."""
    wishes = [_wish(validator, field) for validator in field.validators]
    described = [wish for wish in wishes if wish]
    if isinstance(field, (fields.List, fields.Tuple, fields.Dict, fields.Nested)) or not described:
        return ", ".join([_type_name(field), *described])
    if isinstance(field, fields.String) or any(isinstance(v, validate.OneOf) for v in field.validators):
        return ", ".join(described)
    return " ".join([_type_name(field), *described])


def _judge_inside(field: fields.Field[Any], value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(field, fields.Nested):
        if field.many:
            for index, item in enumerate(value):
                yield from judge(nested_schema(field), item, (*path, index))
        else:
            yield from judge(nested_schema(field), value, path)
    elif isinstance(field, fields.List):
        for index, item in enumerate(value):
            yield from judge_field(field.inner, item, (*path, index))
    elif isinstance(field, fields.Dict):
        for key, item in value.items():
            if field.key_field is not None:
                for problem in judge_field(field.key_field, key, (*path, key)):
                    yield Problem((*path, key), "unknown key", problem.expected, at_key=True)
            if field.value_field is not None:
                yield from judge_field(field.value_field, item, (*path, key))


def _without_secrets(schema: Schema, value: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The mapping without its references to secrets, and the dotted names of the fields left out."""
    kept: dict[str, Any] = {}
    absent: set[str] = set()

    def inside(field: fields.Nested, name: str, item: Any) -> Any:
        inner, missing = _without_secrets(nested_schema(field), item)
        absent.update(f"{name}.{below}" for below in missing)
        return inner

    for name, field in schema.load_fields.items():
        key = field.data_key or name
        if key not in value:
            continue
        item = value[key]
        nested = field.inner if isinstance(field, fields.List) else field
        if isinstance(nested, fields.Nested) and isinstance(item, dict):
            kept[key] = inside(nested, name, item)
        elif isinstance(nested, fields.Nested) and isinstance(item, list):
            kept[key] = [inside(nested, name, child) for child in item]
        elif _is_reference(field, item):
            absent.add(name)
        else:
            kept[key] = item
    return kept, absent


def _is_reference(field: fields.Field[Any], value: Any) -> bool:
    return bool(field.metadata.get("secret")) and isinstance(value, str) and SECRET.search(value) is not None


def nested_schema(field: fields.Nested) -> Schema:
    """The schema behind a nested field."""
    schema = field.schema
    return schema if isinstance(schema, Schema) else schema()


def _has_type(field: fields.Field[Any], value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match field:
        case fields.Boolean():
            return isinstance(value, bool)
        case fields.Integer():
            return isinstance(value, int) and not isinstance(value, bool)
        case fields.Decimal():
            return is_number or isinstance(value, (str, Decimal))
        case fields.Float() | fields.TimeDelta():
            return is_number
        case fields.List() | fields.Tuple():
            return isinstance(value, list)
        case fields.Nested():
            return isinstance(value, list if field.many else dict)
        case fields.Mapping():
            return isinstance(value, dict)
        case fields.String() | fields.DateTime() | fields.Time() | fields.Enum() | fields.IP():
            return isinstance(value, str)
    return True


def _type_name(field: fields.Field[Any]) -> str:
    match field:
        case fields.Boolean():
            return "true or false"
        case fields.Integer():
            return "a whole number"
        case fields.Number() | fields.TimeDelta():
            return "a number"
        case fields.Nested():
            return "a list of mappings" if field.many else "a mapping"
        case fields.List():
            return "a list of mappings" if isinstance(field.inner, fields.Nested) else "a list"
        case fields.Tuple():
            return "a list"
        case fields.Mapping():
            return "a mapping"
        case fields.Email():
            return "an e-mail address"
        case fields.Url():
            return "an address starting with https://"
        case fields.Date():
            return "a day such as 2026-05-31"
        case fields.DateTime():
            return "a date and time such as 2026-05-31T18:00"
        case fields.Time():
            return "a time such as 18:00"
        case fields.Enum():
            return f"one of {either(_enum_values(field))}"
        case fields.UUID():
            return "a UUID"
        case fields.String():
            return "text"
    return "another value"


def _enum_values(field: fields.Enum[Any]) -> list[object]:
    return [member.value if field.by_value else member.name for member in field.enum]


def _near(validator: Any, value: Any) -> str:
    choices = validator.choices if isinstance(validator, validate.OneOf) else ()
    if isinstance(validator, Known):
        choices = validator.known()
    near = closest(value, [str(choice) for choice in choices]) if isinstance(value, str) else None
    return f" (did you mean {near}?)" if near else ""


def _wish(validator: Any, field: fields.Field[Any]) -> str | None:
    match validator:
        case Expectation():
            return validator.expected
        case validate.OneOf():
            return f"one of {either(validator.choices)}"
        case validate.ContainsOnly():
            return f"some of {either(validator.choices)}"
        case validate.Equal():
            return describe(validator.comparable)
        case validate.Range():
            return _between(validator.min, validator.max, "")
        case validate.Length():
            unit = " character" if isinstance(field, fields.String) else " item"
            if validator.equal is not None:
                return f"exactly {_counted(validator.equal, unit)}"
            return _between(validator.min, validator.max, unit)
    return None


def _between(low: Any, high: Any, unit: str) -> str | None:
    if low is not None and high is not None:
        return f"from {low} to {_counted(high, unit)}"
    if low is not None:
        return f"at least {_counted(low, unit)}"
    return f"at most {_counted(high, unit)}" if high is not None else None


def _counted(number: Any, unit: str) -> str:
    return f"{number}{unit}s" if unit and number != 1 else f"{number}{unit}"


def _hint(field: fields.Field[Any], value: Any) -> str:
    if isinstance(field, fields.String) and isinstance(value, (bool, int, float)):
        return "" if "between quotes" in expectation(field) else " (between quotes)"
    if isinstance(field, fields.Boolean) and str(value).lower() in ("yes", "no", "on", "off"):
        return " (yes, no, on and off are text)"
    return ""


def _refused(field: fields.Field[Any], value: Any, path: Path, error: ValidationError) -> Problem:
    """A value of the right type that a validator refuses."""
    for validator in field.validators:
        try:
            validator(value)
        except ValidationError:
            if isinstance(field, fields.Number):
                return Problem(path, describe(value), expectation(field))
            return Problem(
                path, describe(value), (_wish(validator, field) or _sentence(error)) + _near(validator, value)
            )
        except TypeError:
            # The validator works on the deserialised value (a date, an enumeration).
            break
    if _wish_of_type_only(field):
        return Problem(path, describe(value), expectation(field))
    return Problem(path, describe(value), _sentence(error))


def _wish_of_type_only(field: fields.Field[Any]) -> bool:
    return isinstance(
        field,
        (fields.DateTime, fields.Time, fields.Enum, fields.UUID, fields.Email, fields.Url, fields.Number),
    )


def _from_messages(messages: Any, value: Any, path: Path) -> Iterator[Problem]:
    """Marshmallow's nested messages, each at the deepest place that exists in the value."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            # `_schema` is the mapping itself; `key` and `value` are levels that marshmallow adds under a Dict.
            in_dict = isinstance(value, dict) and isinstance(key, str) and key in value
            in_list = isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value)
            if in_dict or in_list:
                yield from _from_messages(inner, value[key], (*path, key))
            elif isinstance(key, str) and key not in ("_schema", "key", "value") and isinstance(value, dict):
                yield from _from_messages(inner, None, (*path, key))
            else:
                yield from _from_messages(inner, value, path)
    elif isinstance(messages, (list, tuple)):
        for message in messages:
            if isinstance(message, Mapping):
                yield from _from_messages(message, value, path)
            else:
                yield Problem(path, describe(value), _one_line(str(message)))
    else:
        yield Problem(path, describe(value), _one_line(str(messages)))


def _sentence(error: ValidationError) -> str:
    messages = error.messages
    return _one_line(" ".join(str(m) for m in messages) if isinstance(messages, list) else str(messages))


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".").removeprefix("Expected ") or "another value"
