*** Settings ***
Documentation       Both networks predict what they predict in double precision on a PC.

Resource            scopeless.resource

Suite Setup         Start The Board
Test Setup          Power On Again


*** Test Cases ***
Simple1 Predicts The Golden Table
    Test Predictions    1
    Predictions Should Match Golden    simple1

Simple2 Predicts The Golden Table
    Test Predictions    2
    Predictions Should Match Golden    simple2

A Run Predicts What TEST Predicts
    [Template]    Run Should Predict As TEST
    1
    2


*** Keywords ***
Run Should Predict As TEST
    [Arguments]    ${mode}
    Send Line    TEST=${mode}
    ${line}    ${tested} =    Wait For Line Matching    ^\\[0 0 0\\] = (.*)$    timeout=1 s
    Wait For Line    Finished    timeout=1 s
    Send Line    START=${mode}
    ${line}    ${run} =    Wait For Line Matching    ^Run ${mode}: \\[0 0 0\\] = (.*)$    timeout=3.2 s
    Should Be Equal    ${run}    ${tested}
    Send Line    STOP
    Next Line Should Be    Stopped
