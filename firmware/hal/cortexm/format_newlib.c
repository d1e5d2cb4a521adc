/* format_decimals() as the recorded STM32F746 firmware printed its results: through newlib's printf. That matters on a core
 * with caches: printf's code is longer than the 4 KiB instruction cache, so that every measured window begins with
 * what little printf has left of the benchmark in it. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "format.h"

#define STACK_BYTES 4096u

extern char _bss_end[], _stack_top[];

void format_decimals(char text[FORMAT_SIZE], double x)
{
    snprintf(text, FORMAT_SIZE, "%.8f", x);
}

/* What newlib wants of a system. The heap lies behind .bss; nothing is a file. */
void *_sbrk(int bytes)
{
    static uintptr_t end;
    if (end == 0)
        end = (uintptr_t)_bss_end;
    uintptr_t old = end;
    if (end + (uintptr_t)bytes + STACK_BYTES > (uintptr_t)_stack_top) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end += (uintptr_t)bytes;
    return (void *)old;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

int _lseek(int file, int offset, int whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int _read(int file, char *bytes, int size)
{
    (void)file;
    (void)bytes;
    (void)size;
    return 0;
}

int _write(int file, char *bytes, int size)
{
    (void)file;
    (void)bytes;
    return size;
}

int _getpid(void)
{
    return 1;
}

int _kill(int process, int signal)
{
    (void)process;
    (void)signal;
    return -1;
}

void _exit(int status)
{
    (void)status;
    for (;;)
        ;
}
