/* The commands on the serial port; docs/firmware.md has the protocol. */
#ifndef CONSOLE_H
#define CONSOLE_H

#ifdef __cplusplus
extern "C" {
#endif

void console_start(void); /* prints the banner */
void console_step(void);  /* sleeps until there is something to do, then does it */

#ifdef __cplusplus
}
#endif

#endif
