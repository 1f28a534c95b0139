"""TAP, and the comparison this suite is made of: an answer against what it must say, field by field, counted."""
import asyncio
import inspect
import re
import sys
import traceback


class Matcher:
    """Stands for more than one value; what it takes is its matches()."""

    def matches(self, got):
        raise NotImplementedError


class Any(Matcher):
    """A field whose value is nobody's business but whose JSON type is."""

    def __init__(self, *types):
        self.types = types

    def matches(self, got):
        return type(got) in self.types

    def __repr__(self):
        return "any " + " or ".join(t.__name__ for t in self.types)


class OneOf(Matcher):
    """One of several values, by value and type."""

    def __init__(self, *values):
        self.values = values

    def matches(self, got):
        return any(same(got, v) for v in self.values)

    def __repr__(self):
        return "one of " + repr(self.values)


class Text(Matcher):
    """A string that fits a regular expression from end to end."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern)

    def matches(self, got):
        return type(got) is str and self.pattern.fullmatch(got) is not None

    def __repr__(self):
        return "text like " + self.pattern.pattern


STR, INT, NUM = Any(str), Any(int), Any(int, float)


def same(got, expected):
    """Equal, and of the same JSON type: "1" is not 1, and 1 is not true."""
    if isinstance(expected, Matcher):
        return expected.matches(got)
    return type(got) is type(expected) and got == expected


def differences(got, expected, where=""):
    """(number of fields looked at, what is wrong with them). Lists and objects are walked; a key too few or too many is wrong."""
    if isinstance(expected, dict) and isinstance(got, dict):
        wrong = [f"{where}{k}: missing" for k in expected if k not in got]
        wrong += [f"{where}{k}: not expected, is {got[k]!r}" for k in got if k not in expected]
        count = len(wrong)
        for key in expected:
            if key in got:
                n, w = differences(got[key], expected[key], f"{where}{key}.")
                count, wrong = count + n, wrong + w
        return count, wrong
    if isinstance(expected, list) and isinstance(got, list):
        wrong = [] if len(got) == len(expected) else [f"{where}: {len(got)} elements, expected {len(expected)}"]
        count = len(wrong)
        for i, (g, e) in enumerate(zip(got, expected)):
            n, w = differences(g, e, f"{where}{i}.")
            count, wrong = count + n, wrong + w
        return count, wrong
    return 1, [] if same(got, expected) else [f"{where.rstrip('.')}: {got!r}, expected {expected!r}"]


class Tap:
    def __init__(self):
        self.count = self.failed = self.calls = self.fields = 0

    def ok(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in str(detail).splitlines()[:30]:
                self.say(line[:400])
        return bool(good)

    def equal(self, got, expected, name):
        """One field or a whole answer."""
        fields, wrong = differences(got, expected)
        self.fields += fields
        return self.ok(not wrong, name, "\n".join(wrong))

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def say(self, text):
        print(f"# {text}", flush=True)

    def run(self, test, *args):
        """A test that stops in the middle is one failure; those after it still run."""
        self.say(test.__name__)
        try:
            if inspect.iscoroutinefunction(test):
                asyncio.run(test(*args))
            else:
                test(*args)
        except Exception:
            self.ok(False, f"{test.__name__} ended early", traceback.format_exc()[-1500:])

    def done(self):
        self.say(f"{self.calls} calls, {self.fields:,} fields")
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
