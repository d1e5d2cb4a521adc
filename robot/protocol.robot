*** Settings ***
Documentation       The serial protocol of docs/firmware.md: every command, every error, and the period of START.

Resource            scopeless.resource

Suite Setup         Start The Board
Test Setup          Power On Again


*** Variables ***
${UNKNOWN}      Error: unknown command, use TEST=1|2, START=1|2 or STOP
${MODE}         Error: unknown mode, use 1 or 2
${RUNNING}      Error: already running, STOP first
${NOTHING}      Error: nothing is running
${TOO LONG}     Error: line too long
${X32}          xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx


*** Test Cases ***
The Banner Names Board And Clock
    Reset Board
    Wait For Line Matching    ^Scopeless benchmark on ${BOARD} at ${CLOCKS}[0] MHz, libm \\w+$    timeout=1 s
    Next Line Should Be    Ready

TEST Prints Eight Predictions
    [Template]    Eight Predictions Should Be Printed
    1    LF
    2    LF

TEST Accepts CRLF
    [Template]    Eight Predictions Should Be Printed
    1    CRLF
    2    CRLF

START Runs Every Three Seconds Of Simulated Time
    Send Line    START=1
    Next Line Should Be    Started 1
    Line Should Not Arrive    ${EMPTY}    2.95 s
    Wait For Line Matching    ^Run 1: \\[0 0 0\\] = 0\\.5000000    timeout=100 ms
    ${first} =    Get Simulated Time
    Wait For Line Matching    ^Run 1:    timeout=3.1 s
    ${second} =    Get Simulated Time
    Wait For Line Matching    ^Run 1:    timeout=3.1 s
    ${third} =    Get Simulated Time
    Should Be True    abs(${second} - ${first} - 3) < 0.02    The first period was not 3 s
    Should Be True    abs(${third} - ${second} - 3) < 0.02    The second period was not 3 s

START Runs The Network It Names
    Start Runs    2
    ${lines} =    Get Lines
    Should Match Regexp    ${lines}[-1]    ^Run 2: \\[0 0 0\\] = 0\\.284246

Each Run Makes Six Edges
    Edge Count Should Be    0
    Start Runs    1    runs=2
    Edge Count Should Be    12
    Log Waveform

STOP Ends The Runs
    Start Runs    1
    Send Line    STOP
    Next Line Should Be    Stopped
    Line Should Not Arrive    ${EMPTY}    7 s
    Edge Count Should Be    6

A Bad Line Gives One Error And Changes Nothing
    [Template]    Line Should Give One Error
    HELLO    ${UNKNOWN}
    test=1    ${UNKNOWN}
    ${SPACE}TEST=1    ${UNKNOWN}
    STOPS    ${UNKNOWN}
    TEST    ${UNKNOWN}
    \x00\xff\x01    ${UNKNOWN}
    TEST=    ${MODE}
    TEST=3    ${MODE}
    TEST=12    ${MODE}
    START=0    ${MODE}
    STOP    ${NOTHING}

An Overlong Line Is One Error And Its Rest Is Dropped
    [Template]    Line Should Give One Error
    ${X32}    ${UNKNOWN}
    ${X32}x    ${TOO LONG}
    ${X32}${X32}TEST=1    ${TOO LONG}

Empty Lines Are Ignored
    Send Line    ${EMPTY}
    Send Line    ${EMPTY}    line_end=CRLF
    Line Should Not Arrive    ${EMPTY}    150 ms

START While Running Leaves The Run Alone
    Send Line    START=1
    Next Line Should Be    Started 1
    Run For    1 s
    Send Line    START=2
    Next Line Should Be    ${RUNNING}
    Wait For Line Matching    ^Run    timeout=2.1 s
    ${lines} =    Get Lines
    Should Start With    ${lines}[-1]    Run 1:


*** Keywords ***
Should Start With
    [Arguments]    ${text}    ${start}
    Should Be True    $text.startswith($start)    '${text}' does not start with '${start}'

Eight Predictions Should Be Printed
    [Arguments]    ${mode}    ${line_end}
    Test Predictions    ${mode}    ${line_end}
    Predictions Should Match Golden    simple${mode}
    Line Should Not Arrive    ${EMPTY}    150 ms
    Edge Count Should Be    0

Line Should Give One Error
    [Arguments]    ${line}    ${error}
    Send Line    ${line}
    Next Line Should Be    ${error}    timeout=400 ms
    Line Should Not Arrive    ${EMPTY}    400 ms
    Send Line    STOP
    Next Line Should Be    ${NOTHING}    timeout=150 ms
    Edge Count Should Be    0
