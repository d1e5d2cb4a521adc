*** Settings ***
Documentation       Stands in for Renode's renode-keywords.robot: its set-up keywords, and renode_keywords.py for its server.

Library             renode_keywords.py


*** Keywords ***
Setup
    Reset Emulation

Teardown
    No Operation

Test Teardown
    Reset Emulation
