/* The same program for the ATmega328P of an Arduino Uno, as avr-libc has it: Timer 1 toggles PB1, Timer 2 is the millisecond
 * tick and toggles PB2, INT0 on PD2 toggles PB3, the UART by interrupt behind printf. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <util/atomic.h>

#define SIZE 32u /* of the rings, a power of two */

static volatile uint8_t tx[SIZE], rx[SIZE], tx_put, tx_got, rx_put, rx_got;
static volatile uint32_t ticks, periods, edges;

ISR(TIMER1_COMPA_vect)
{
    PINB = _BV(PB1); /* writing a one toggles */
    periods++;
}

ISR(TIMER2_COMPA_vect)
{
    PINB = _BV(PB2);
    ticks++;
}

ISR(INT0_vect)
{
    PINB = _BV(PB3);
    edges++;
}

ISR(USART_RX_vect)
{
    rx[rx_put++ % SIZE] = UDR0;
}

ISR(USART_UDRE_vect)
{
    if (tx_put == tx_got)
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
    else
        UDR0 = tx[tx_got++ % SIZE];
}

static int put(char c, FILE *stream)
{
    (void)stream;
    while ((uint8_t)(tx_put - tx_got) == SIZE)
        sleep_mode();
    tx[tx_put++ % SIZE] = (uint8_t)c;
    UCSR0B |= _BV(UDRIE0);
    return 0;
}

static FILE uart = FDEV_SETUP_STREAM(put, NULL, _FDEV_SETUP_WRITE);

static uint32_t get(const volatile uint32_t *counter)
{
    uint32_t value;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        value = *counter;
    }
    return value;
}

static uint8_t read_line(char *line, uint8_t size)
{
    static uint8_t length;
    while (rx_put != rx_got) {
        char c = (char)rx[rx_got++ % SIZE];
        if (c == '\n' || c == '\r') {
            line[length] = 0;
            uint8_t whole = length > 0;
            length = 0;
            if (whole)
                return 1;
        } else if (length < size - 1) {
            line[length++] = c;
        }
    }
    return 0;
}

int main(void)
{
    static char line[32];

    DDRB = _BV(PB1) | _BV(PB2) | _BV(PB3);
    UBRR0 = F_CPU / 16 / 9600 - 1;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
    TCCR1B = _BV(WGM12) | _BV(CS11); /* CTC, F_CPU / 8 */
    OCR1A = F_CPU / 8 / 1000 - 1;
    TIMSK1 = _BV(OCIE1A);
    TCCR2A = _BV(WGM21); /* CTC, F_CPU / 64 */
    TCCR2B = _BV(CS22);
    OCR2A = F_CPU / 64 / 1000 - 1;
    TIMSK2 = _BV(OCIE2A);
    EICRA = _BV(ISC01) | _BV(ISC00); /* rising edges */
    EIMSK = _BV(INT0);
    set_sleep_mode(SLEEP_MODE_IDLE);
    stdout = &uart;
    sei();

    printf_P(PSTR("Vendor program on arduino_uno at %lu Hz\r\n"), (unsigned long)F_CPU);
    for (;;) {
        if (read_line(line, sizeof line)) {
            if (strcmp(line, "stats") == 0)
                printf_P(PSTR("ticks=%lu periods=%lu edges=%lu\r\n"), (unsigned long)get(&ticks),
                         (unsigned long)get(&periods), (unsigned long)get(&edges));
            else
                printf_P(PSTR("You said: %s\r\n"), line);
        }
        sleep_mode();
    }
}
