/* Filters a block of samples on each line "RUN n" (n up to 256) and sends the output's CRC. PB0 is high while
 * it filters. */
#include "filter.h"
#include "stm32f103.h"

#define MOST 256
#define CRLF "\r\n"

static void put(const char *text)
{
    for (; *text; text++) {
        while (!(USART1->SR & 1u << 7)) {
        }
        USART1->DR = (uint8_t)*text;
    }
}

static void put_hex(uint32_t value)
{
    char text[9] = {0};
    for (int i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    put(text);
}

static void get_line(char *line, unsigned size)
{
    unsigned length = 0;
    for (;;) {
        while (!(USART1->SR & 1u << 5)) {
        }
        char c = (char)USART1->DR;
        if (c == '\n')
            break;
        if (length + 1 < size)
            line[length++] = c;
    }
    line[length] = 0;
}

/* The number after "RUN ", or 0 for anything else. */
static unsigned parse(const char *line)
{
    unsigned number = 0;
    if (line[0] != 'R' || line[1] != 'U' || line[2] != 'N' || line[3] != ' ')
        return 0;
    for (line += 4; *line >= '0' && *line <= '9'; line++)
        number = number * 10 + (unsigned)(*line - '0');
    return *line == 0 && number <= MOST ? number : 0;
}

static void run(unsigned count)
{
    static int16_t samples[MOST];
    static filter f;
    uint32_t noise = 1;
    f = (filter){0};
    for (unsigned i = 0; i < count; i++) {
        noise = noise * 1664525u + 1013904223u;
        samples[i] = (int16_t)(noise >> 16);
    }
    GPIOB->BSRR = 1u << 0;
    for (unsigned i = 0; i < count; i++)
        samples[i] = filter_step(&f, samples[i]);
    GPIOB->BRR = 1u << 0;
    put("crc ");
    put_hex(crc32(samples, count * sizeof samples[0]));
    put(CRLF "Done" CRLF);
}

int main(void)
{
    RCC->APB2ENR = 1u << 14 | 1u << 3 | 1u << 2;   /* USART1, ports B and A */
    GPIOA->CRH = (GPIOA->CRH & ~0xFF0u) | 0x4B0u;  /* PA9: TX, PA10: RX */
    GPIOB->CRL = (GPIOB->CRL & ~0xFu) | 0x3u;      /* PB0: output */
    USART1->BRR = 72000000 / 115200;
    USART1->CR1 = 1u << 13 | 1u << 3 | 1u << 2;
    put("Ready" CRLF);
    for (;;) {
        char line[16];
        get_line(line, sizeof line);
        unsigned count = parse(line);
        if (count)
            run(count);
        else
            put("Error: RUN 1 to RUN 256" CRLF);
    }
}
