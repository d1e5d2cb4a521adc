*** Settings ***
Documentation       A Cortex-M board in the keywords of Renode's own test runner:
...                 renode-test --variable BOARD:teensy32 robot/renode/benchmark.robot

Resource            ${RENODEKEYWORDS}
Variables           board.py    ${BOARD}
Library             OperatingSystem

Suite Setup         Setup
Suite Teardown      Teardown
Test Setup          Power On
Test Teardown       Test Teardown


*** Variables ***
${BOARD}        stm32f103
# Ten bits at 115200 baud: Renode's own pace is all bytes at once, which no serial line does.
${BYTE}         0.000087


*** Test Cases ***
TEST Prints The Golden Predictions
    [Template]    Predictions Should Be Golden
    1
    2

START Runs Every Three Seconds Of Virtual Time
    Send    START=1
    Wait For Line On Uart    Started 1    timeout=1
    ${first} =    Wait For Line On Uart    Run 1: [0 0 0] = 0.50000000    timeout=4
    ${second} =    Wait For Line On Uart    Run 1: [0 0 0] = 0.50000000    timeout=4
    Should Be True    abs(${second.Timestamp} - ${first.Timestamp} - 3000) < 20    The period was not 3 s

Each Run Makes Six Edges
    Number Of Edges Should Be    0
    Send    START=1
    Wait For Line On Uart    Run 1:    timeout=4
    Number Of Edges Should Be    6
    Wait For Line On Uart    Run 1:    timeout=4
    Number Of Edges Should Be    12

STOP Ends The Runs
    Send    START=2
    Wait For Line On Uart    Run 2:    timeout=4
    Send    STOP
    Wait For Line On Uart    Stopped    timeout=1
    Should Not Be On Uart    Run 2:    timeout=4
    Number Of Edges Should Be    6

A Bad Command Gives One Error
    Send    TEST=3
    ${answer} =    Wait For Next Line On Uart    timeout=1
    Should Be Equal    ${answer.Line}    Error: unknown mode, use 1 or 2
    Send    TEST=1
    Wait For Line On Uart    Test 1    timeout=1

Two Runs Have The Same Edges
    ${first} =    Edges Of A Run
    Reset Emulation
    Power On
    ${second} =    Edges Of A Run
    Should Be Equal    ${first}    ${second}


*** Keywords ***
Power On
    [Documentation]    The board from its .resc at its first clock, its edges going to a file, ready for commands.
    ${edges} =    Allocate Temporary File
    Set Test Variable    ${EDGES}    ${edges}
    Execute Command    $clock_mhz=${CLOCK}
    Execute Command    $edges=@${edges}
    Execute Script    ${SCRIPT}
    Create Terminal Tester    ${UART}    defaultPauseEmulation=True
    Write Char Delay    ${BYTE}
    Wait For Line On Uart    Ready    timeout=1

Send
    [Documentation]    A command and LF. Not Write Line To Uart: that ends a line in CR alone and waits for an echo.
    ...    Renode takes TEST=1 for a named argument, unless it is named itself; of such it drops a line's end.
    [Arguments]    ${command}
    Write To Uart    content=${command}
    Write To Uart    ${\n}

Predictions Should Be Golden
    [Arguments]    ${mode}
    Send    TEST=${mode}
    Wait For Line On Uart    Test ${mode}    timeout=1
    FOR    ${line}    IN    @{PREDICTIONS}[${mode}]
        Wait For Line On Uart    ${line}    timeout=1
    END
    Wait For Line On Uart    Finished    timeout=1

Number Of Edges Should Be
    [Arguments]    ${expected}
    ${text} =    Get File    ${EDGES}
    ${lines} =    Evaluate    len($text.splitlines())
    Should Be Equal As Integers    ${lines}    ${expected}

Edges Of A Run
    [Documentation]    Rows of virtual time in ns, executed instructions and level.
    Send    START=2
    Wait For Line On Uart    Run 2:    timeout=4
    ${text} =    Get File    ${EDGES}
    RETURN    ${text}
