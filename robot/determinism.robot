*** Settings ***
Documentation       The same firmware and the same commands give the same lines and edges at the same cycles.

Resource            scopeless.resource
Library             OperatingSystem


*** Test Cases ***
A Reset Board Repeats Itself To The Cycle
    Start The Board
    ${first} =    Run An Experiment    first
    Power On Again
    ${second} =    Run An Experiment    second
    Should Be Equal    ${first}    ${second}

Another Board Does The Same To The Cycle
    Start The Board
    ${first} =    Run An Experiment    first
    Start The Board
    ${second} =    Run An Experiment    second
    Should Be Equal    ${first}    ${second}


*** Keywords ***
Run An Experiment
    [Documentation]    Returns everything that the board did: lines, edges, cycles.
    [Arguments]    ${name}
    Test Predictions    1
    Start Runs    2    runs=2
    ${vcd} =    Set Variable    ${OUTPUT DIR}${/}${BOARD}-${name}.vcd
    Save VCD    ${vcd}
    ${edges} =    Get File    ${vcd}
    ${lines} =    Get Lines
    ${cycles} =    Get Cycles
    RETURN    ${lines}    ${edges}    ${cycles}
