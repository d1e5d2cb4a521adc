/* Flash controllers: how long a read takes, given what the controller has buffered. Cycles are absolute core cycles; a
 * read whose data phase starts in cycle c and takes w wait states ends in cycle c + w. */
#ifndef SCOPELESS_FLASH_H
#define SCOPELESS_FLASH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int model; /* enum sl_flash_model */
    int wait_states;
    bool prefetch;
    uint64_t free;          /* first cycle in which the array can start a read */
    uint32_t line[2];       /* line numbers in the two buffers: the one in use, the next one */
    uint64_t line_ready[2]; /* last cycle of the read that fills it */
    bool valid[2];
} sl_flash;

void sl_flash_reset(sl_flash *flash);
/* Last cycle of the data phase of an instruction fetch (I-Code) or a data read (D-Code) that starts in `start`. */
uint64_t sl_flash_fetch(sl_flash *flash, uint32_t address, uint64_t start);
uint64_t sl_flash_data(sl_flash *flash, uint32_t address, uint64_t start);

#endif
