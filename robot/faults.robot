*** Settings ***
Documentation       What goes wrong is said in one sentence, with the place where it went wrong.

Resource            scopeless.resource
Library             faults.py
Library             OperatingSystem

Test Teardown       Stop Board


*** Test Cases ***
An Undefined Instruction Is Reported With Its Function And Line
    ${elf} =    Damage Firmware    ${BOARD}    dot    undefined    ${OUTPUT DIR}
    Start Board    ${BOARD}    engine=${ENGINE}    elf=${elf}
    Wait For Line    Ready
    Send Line    TEST=1
    ${message} =    Run Keyword And Expect Error    FirmwareFault: *    Wait For Line    Finished
    Should Match Regexp    ${message}    PC 0x[0-9a-f]+ in dot \\(.*network\\.c:\\d+\\),? (at )?cycle \\d+

Firmware That Hangs Is Reported With Its Last Line
    ${elf} =    Damage Firmware    ${BOARD}    dot    endless loop    ${OUTPUT DIR}
    Start Board    ${BOARD}    engine=${ENGINE}    elf=${elf}
    Wait For Line    Ready
    Send Line    TEST=1
    Run Keyword And Expect Error
    ...    RunTimeout: ${BOARD} did not send 'Finished' within 0.02 s of simulated time; it sent 'Test 1'*
    ...    Wait For Line    Finished    timeout=20 ms

A Missing File Is Named
    Run Keyword And Expect Error    UsageError: *nowhere.elf*
    ...    Start Board    ${BOARD}    engine=${ENGINE}    elf=nowhere.elf

A File That Is No Firmware Is Named
    Create File    ${OUTPUT DIR}${/}${BOARD}-text.elf    This is no ELF file.
    Run Keyword And Expect Error    UsageError: *${BOARD}-text.elf*
    ...    Start Board    ${BOARD}    engine=${ENGINE}    elf=${OUTPUT DIR}${/}${BOARD}-text.elf

A Clock That The Board Lacks Is Refused With Its Clocks
    Run Keyword And Expect Error
    ...    UsageError: ${BOARD} does not run at 1 MHz; choose one of its clocks: *
    ...    Start Board    ${BOARD}    clock=1    engine=${ENGINE}

An Unknown Board Is Refused With A Near Name
    Run Keyword And Expect Error    UsageError: *called '${BOARD}x'; did you mean '${BOARD}'?
    ...    Start Board    ${BOARD}x

A Keyword Without A Board Says What To Do
    Run Keyword And Expect Error    UsageError: No board is running; use `Start Board` first.    Run For    1 ms

A Window Without A Run Says What To Do
    Start The Board
    Run Keyword And Expect Error    CheckFailed: There is no run yet: send START=1 *
    ...    Prediction Time Should Be Within    scope
