/* What newlib asks of the system underneath. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "hal.h"

int _write(int file, const char *data, int size);
int _write(int file, const char *data, int size)
{
    (void)file;
    HAL_UART_Write(data, size);
    return size;
}

void *_sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment)
{
    extern char _end[], _heap_limit[]; /* defined by the linker script */
    static char *brk = _end;
    if (brk + increment > _heap_limit) {
        errno = ENOMEM;
        return (void *)-1;
    }
    char *old = brk;
    brk += increment;
    return old;
}

int _fstat(int file, struct stat *status);
int _fstat(int file, struct stat *status)
{
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}

int _isatty(int file);
int _isatty(int file)
{
    (void)file;
    return 1;
}

int _read(int file, char *data, int size);
int _read(int file, char *data, int size)
{
    (void)file, (void)data, (void)size;
    return 0;
}

int _close(int file);
int _close(int file)
{
    (void)file;
    return -1;
}

int _lseek(int file, int offset, int from);
int _lseek(int file, int offset, int from)
{
    (void)file, (void)offset, (void)from;
    return 0;
}

void _exit(int code);
void _exit(int code)
{
    (void)code;
    for (;;) {
    }
}

int _kill(int process, int signal);
int _kill(int process, int signal)
{
    (void)process, (void)signal;
    return -1;
}

int _getpid(void);
int _getpid(void)
{
    return 1;
}
