// Boards with the Arduino AVR core: its HardwareSerial and digitalWrite(), Timer1 for the period, idle sleep.
#include <Arduino.h>
#include <avr/sleep.h>

#include "console.h"
#include "hal.h"

static const unsigned long baud = 9600;
static const unsigned long timer_prescaler = 1024;
static const unsigned long period_seconds = 3;

static volatile bool elapsed;

ISR(TIMER1_COMPA_vect)
{
    elapsed = true;
}

void hal_init(void)
{
    pinMode(BENCHMARK_PIN, OUTPUT);
    hal_pin_low();
    BOARD_SERIAL.begin(baud);
    set_sleep_mode(SLEEP_MODE_IDLE);
}

int hal_read(void)
{
    return BOARD_SERIAL.read();
}

void hal_write(const char *text)
{
    BOARD_SERIAL.write(text);
}

void hal_timer_start(void)
{
    elapsed = false;
    // Clear on compare match (ATmega328P datasheet 16.11): the core's set-up of Timer1 for PWM goes.
    TCCR1A = 0;
    TCCR1B = 0;
    TCNT1 = 0;
    OCR1A = F_CPU / timer_prescaler * period_seconds - 1;
    TIFR1 = _BV(OCF1A);
    TIMSK1 = _BV(OCIE1A);
    TCCR1B = _BV(WGM12) | _BV(CS12) | _BV(CS10);
}

void hal_timer_stop(void)
{
    TCCR1B = 0;
    TIMSK1 = 0;
    elapsed = false;
}

bool hal_timer_elapsed(void)
{
    if (!elapsed)
        return false;
    elapsed = false;
    return true;
}

void hal_wait(void)
{
    cli();
    while (!BOARD_SERIAL.available() && !elapsed) {
        sleep_enable();
        sei(); // takes effect after the next instruction, so no interrupt slips in before the sleep
        sleep_cpu();
        sleep_disable();
        cli();
    }
    sei();
}

void hal_window_begin(void)
{
    BOARD_SERIAL.flush();
    cli();
}

void hal_window_end(void)
{
    sei();
}

void setup()
{
    hal_init();
    console_start();
}

void loop()
{
    console_step();
}
