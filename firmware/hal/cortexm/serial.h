/* The serial line of a family whose UART interrupts: two queues, and sleep while there is nothing to do.
 *
 * Included at the end of the family's file, whose own steps are inlined: no call stands between the console and the
 * registers, and the functions stand in the order in which the boards have always had them, so that cycles stay. The file
 * has the queues `sent` and `received`, its interrupt handler, and these, called with interrupts off:
 *
 *     send_queued()      a byte has been put into `sent`
 *     everything_sent()  down to the last stop bit?
 *     wake_when_sent()   have an interrupt come then, to end a sleep */
int hal_read(void)
{
    return ring_empty(&received) ? -1 : ring_get(&received);
}

void hal_write(const char *text)
{
    interrupts_off();
    for (; *text; text++) {
        while (ring_full(&sent))
            sleep_until_interrupt();
        ring_put(&sent, (uint8_t)*text);
        send_queued();
    }
    interrupts_on();
}

void hal_wait(void)
{
    interrupts_off();
    while (ring_empty(&received) && !timer_has_elapsed())
        sleep_until_interrupt();
    interrupts_on();
}

void hal_window_begin(void)
{
    interrupts_off();
    while (!everything_sent()) {
        wake_when_sent();
        sleep_until_interrupt();
    }
}

void hal_window_end(void)
{
    interrupts_on();
}
