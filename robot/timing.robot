*** Settings ***
Documentation       The pin's toggle and both predictions against what an oscilloscope recorded on the real boards, at every
...                 clock that has recorded figures. The second run is measured: a scope shows one of a series.

Resource            scopeless.resource


*** Variables ***
${LIMIT}    10 %


*** Test Cases ***
The Toggle Takes As Long As Recorded
    Recorded Figures Should Be Met    toggle    1

Simple1 Takes As Long As Recorded
    Recorded Figures Should Be Met    simple1    1

Simple2 Takes As Long As Recorded
    Recorded Figures Should Be Met    simple2    2

The Last Pulse Of A Run Is Its Prediction
    Start The Board
    Start Runs    1    runs=2
    ${toggle} =    Get Toggle Time    cycles
    ${predict} =    Get Prediction Time    cycles
    Should Be True    0 < ${toggle} < ${predict}    The toggle takes ${toggle} cycles, the prediction ${predict}
    Pulse Width Should Be    ${predict} cycles    level=HIGH    number=-1


*** Keywords ***
Recorded Figures Should Be Met
    [Documentation]    Measures the window at every clock at which it was recorded, with the build it was recorded with.
    [Arguments]    ${window}    ${mode}
    [Tags]    robot:recursive-continue-on-failure
    Skip If    not $RECORDED[$window]    Nothing comparable was recorded on ${BOARD} (docs/compare.md).
    FOR    ${clock}    IN    @{RECORDED}[${window}]
        Start The Board    clock=${clock}    sketch=${SKETCHES}[${window}]
        Start Runs    ${mode}    runs=2
        Log Waveform
        IF    '${window}' == 'toggle'
            Toggle Time Should Be Within    scope    ${LIMIT}
        ELSE
            Prediction Time Should Be Within    scope    ${LIMIT}
        END
    END
