"""JUnit files as the programs that read them expect."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET


def check_junit(text: str) -> ET.Element:
    """The facts of Ant's JUnit schema (github.com/windyroad/JUnit-Schema), which is stricter than junit-10
    of Jenkins' xUnit plugin except for the time of day and of a suite, checked for both."""
    root = ET.fromstring(text)
    assert (root.tag, root.attrib) == ("testsuites", {})
    for number, suite in enumerate(root):
        assert suite.tag == "testsuite"
        required = {"name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id"}
        assert required <= suite.attrib.keys() <= required | {"skipped"}
        assert suite.get("id") == str(number)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        assert re.fullmatch(r"\d{0,3}(\.\d*)?", suite.attrib["time"])
        for name in ("name", "hostname", "package"):
            assert suite.attrib[name] == " ".join(suite.attrib[name].split()) != ""
        tags = [child.tag for child in suite]
        cases = suite.findall("testcase")
        assert tags == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
        for case in cases:
            assert case.attrib.keys() == {"name", "classname", "time"}
            assert re.fullmatch(r"\d+(\.\d+)?", case.attrib["time"])
            assert [child.tag for child in case] in ([], ["failure"], ["error"], ["skipped"])
            assert all(child.attrib.keys() == {"message", "type"} for child in case)
        assert suite.attrib["tests"] == str(len(cases))
        assert suite.attrib["failures"] == str(len(suite.findall("testcase/failure")))
        assert suite.attrib["errors"] == str(len(suite.findall("testcase/error")))
    return root
