/*
 * A moving average over the last readings of an ADC channel.
 */
#include "sensor.h"

#include <stddef.h>

#define WINDOW 8

static uint16_t samples[WINDOW];
static size_t next_sample;
static size_t n_samples;

void sensor_reset(void)
{
    for (size_t i = 0; i < WINDOW; i++) {
        samples[i] = 0;
    }
    next_sample = 0;
    n_samples = 0;
    }
}

bool sensor_poll(void)
{
    uint16_t raw;

    if (!adc_ready(ADC_CHANNEL_TEMP)) {
        return false;
    }
    raw = adc_read(ADC_CHANNEL_TEMP);
    if (raw < ADC_MIN || raw > ADC_MAX) {
        log_warning("sample out of range: %u", raw);
        return false;
    }
    samples[next_sample] = raw;
    next_sample = (next_sample + 1) % WINDOW;
    if (n_samples < WINDOW) {
        n_samples++;
    }
    return true;
}

uint16_t sensor_average(void)
{
    uint32_t sum = 0;

    if (n_samples == 0) {
        return 0;
    }
    for (size_t i = 0; i < n_samples; i++) {
        sum += samples[i];
    }
    return (uint16_t)(sum / n_samples);
}
