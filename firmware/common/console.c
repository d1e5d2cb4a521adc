#include "console.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "benchmark.h"
#include "hal.h"

#define LINE_MAX 32
#define IDLE 0
#define STRING(x) STRING_(x)
#define STRING_(x) #x

static char line[LINE_MAX];
static size_t line_length;
static bool discarding; /* the rest of an overlong line */
static int running = IDLE;

static void reply(const char *text)
{
    hal_write(text);
    hal_write("\r\n");
}

static void reply_mode(const char *text, int mode)
{
    const char digit[] = {(char)('0' + mode), '\0'};
    hal_write(text);
    reply(digit);
}

/* The mode at the end of a command, or IDLE after an error line. */
static int parse_mode(const char *text, size_t length)
{
    if (length == 1 && (*text == '1' || *text == '2'))
        return *text - '0';
    reply("Error: unknown mode, use 1 or 2");
    return IDLE;
}

static void test(int mode)
{
    reply_mode("Test ", mode);
    benchmark_test(mode);
    reply("Finished");
}

static void start(int mode)
{
    if (running) {
        reply("Error: already running, STOP first");
        return;
    }
    reply_mode("Started ", mode);
    running = mode;
    hal_timer_start();
}

static void stop(void)
{
    if (!running) {
        reply("Error: nothing is running");
        return;
    }
    hal_timer_stop();
    running = IDLE;
    reply("Stopped");
}

static bool begins_with(const char *word, size_t length)
{
    return line_length >= length && memcmp(line, word, length) == 0;
}

static void execute_line(void)
{
    static const char test_word[] = "TEST=", start_word[] = "START=", stop_word[] = "STOP";
    const size_t test_length = sizeof test_word - 1, start_length = sizeof start_word - 1;

    if (begins_with(test_word, test_length)) {
        int mode = parse_mode(line + test_length, line_length - test_length);
        if (mode)
            test(mode);
    } else if (begins_with(start_word, start_length)) {
        int mode = parse_mode(line + start_length, line_length - start_length);
        if (mode)
            start(mode);
    } else if (line_length == sizeof stop_word - 1 && begins_with(stop_word, line_length)) {
        stop();
    } else {
        reply("Error: unknown command, use TEST=1|2, START=1|2 or STOP");
    }
}

static void end_line(void)
{
    if (line_length && line[line_length - 1] == '\r')
        line_length--;
    if (!discarding && line_length)
        execute_line();
    line_length = 0;
    discarding = false;
}

static void receive(char c)
{
    if (c == '\n') {
        end_line();
    } else if (!discarding) {
        if (line_length < LINE_MAX) {
            line[line_length++] = c;
        } else {
            discarding = true;
            reply("Error: line too long");
        }
    }
}

void console_start(void)
{
    reply("Scopeless benchmark on " BOARD_NAME " at " STRING(CLOCK_MHZ) " MHz, libm " LIBM_NAME);
    reply("Ready");
}

void console_step(void)
{
    hal_wait();
    int c = hal_read();
    if (c >= 0)
        receive((char)c);
    if (hal_timer_elapsed())
        benchmark_run(running);
}
