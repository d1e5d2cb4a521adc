/* The flash controllers' part of a remembered state: their buffers. Their caches are asked through the tape. */
#include "memo_state.h"

static void each_line(sl_flash_bank *bank, sl_line *lines[5])
{
    lines[0] = &bank->code[0];
    lines[1] = &bank->code[1];
    lines[2] = &bank->data[0];
    lines[3] = &bank->data[1];
    lines[4] = &bank->ahead;
}

static bool is(const sl_core *core, int model)
{
    return core->settings[SL_FLASH_MODEL] == model;
}

/* Whether one read ahead after another can start in the past: prefetch_before of the STM32s. */
static bool parks(const sl_core *core)
{
    return (is(core, SL_FLASH_STM32F1) || is(core, SL_FLASH_STM32L4)) && core->flash.prefetch && core->flash.wait_states;
}

/* Reads begin on edges of the flash clock. */
static bool has_phase(const sl_core *core)
{
    return is(core, SL_FLASH_K20) || is(core, SL_FLASH_K64);
}

bool sl_flash_data_alike(const sl_core *core)
{
    return is(core, SL_FLASH_IDEAL) || is(core, SL_FLASH_STM32F1) || is(core, SL_FLASH_STM32L4) || is(core, SL_FLASH_NRF52);
}

/* The next read ahead can start once the line in use has been read and the array is free: one time says both when the
 * line's is so old that nothing else can ask for it. */
static void join_lead(sl_flash_bank *bank, uint64_t first)
{
    const sl_line *line = bank->code;
    if (line->sectors && !line[1].sectors && line->ready < first)
        bank->free = sl_later(bank->free, line->ready + 1);
}

bool sl_flash_take(sl_core *core, sl_flash_state *state, uint64_t first)
{
    const sl_flash *flash = &core->flash;
    if (parks(core) && flash->wait_states > 7)
        return false;
    state->port_free = sl_since(core, flash->port_free, first);
    if (has_phase(core)) {
        state->phase = (uint32_t)(core->now % (uint64_t)flash->ratio);
        first -= 3 * (uint64_t)flash->ratio; /* a read ahead waits for an edge, takes a period, and frees the array */
    }
    for (int i = 0; i < 2; i++) {
        sl_flash_bank *bank = &core->flash.bank[i];
        sl_line *lines[5];
        each_line(bank, lines);
        if (parks(core)) {
            join_lead(bank, first);
            state->bank[i].free = bank->free + SL_PARKED_BEHIND < first ? SL_PARKED : sl_relative(core, bank->free);
        } else {
            state->bank[i].free = sl_since(core, bank->free, first);
        }
        state->bank[i].current = (uint32_t)bank->current;
        state->bank[i].held = bank->held;
        for (int line = 0; line < 5; line++)
            if (lines[line]->sectors) {
                state->bank[i].line[line].number = lines[line]->number;
                state->bank[i].line[line].ready = sl_since(core, lines[line]->ready, first);
                state->bank[i].line[line].sectors = 1;
            }
    }
    return true;
}

void sl_flash_put(sl_core *core, const sl_flash_state *state)
{
    core->flash.port_free = sl_absolute(core, state->port_free);
    for (int i = 0; i < 2; i++) {
        sl_flash_bank *bank = &core->flash.bank[i];
        sl_line *lines[5];
        each_line(bank, lines);
        if (state->bank[i].free != SL_PARKED)
            bank->free = sl_absolute(core, state->bank[i].free);
        bank->current = (int)state->bank[i].current;
        bank->held = state->bank[i].held;
        for (int line = 0; line < 5; line++)
            *lines[line] = (sl_line){
                .number = state->bank[i].line[line].number,
                .sectors = (uint8_t)state->bank[i].line[line].sectors,
                .ready = sl_absolute(core, state->bank[i].line[line].ready),
            };
    }
}
