/* Loaded before LiteRT whose `cpuid` instructions are invalid ones (avx2_only.py): answers them as the processor does, but without
 * AVX-512, AVX-VNNI and AMX, so that XNNPACK takes its kernels for AVX2. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static struct sigaction before;

static void answer(int number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *at = (const uint8_t *)registers[REG_RIP];
    if (at[0] != 0x0f || at[1] != 0x0b) {
        /* An invalid instruction of somebody else's: it ends the program as ever. */
        sigaction(SIGILL, &before, NULL);
        return;
    }
    uint32_t leaf = (uint32_t)registers[REG_RAX], part = (uint32_t)registers[REG_RCX], a, b, c, d;
    __cpuid_count(leaf, part, a, b, c, d);
    if (leaf == 7 && part == 0) {
        const uint32_t f = 1u << 16, dq = 1u << 17, ifma = 1u << 21, pf = 1u << 26, er = 1u << 27, cd = 1u << 28, bw = 1u << 30,
                       vl = 1u << 31;
        b &= ~(f | dq | ifma | pf | er | cd | bw | vl);
        const uint32_t vbmi = 1u << 1, vbmi2 = 1u << 6, vnni = 1u << 11, bitalg = 1u << 12, popcnt = 1u << 14;
        c &= ~(vbmi | vbmi2 | vnni | bitalg | popcnt);
        const uint32_t amx_bf16 = 1u << 22, fp16 = 1u << 23, amx_tile = 1u << 24, amx_int8 = 1u << 25;
        d &= ~(amx_bf16 | fp16 | amx_tile | amx_int8 | 1u << 2 | 1u << 3 | 1u << 8);
    } else if (leaf == 7 && part == 1) {
        const uint32_t avx_vnni = 1u << 4, avx512_bf16 = 1u << 5, amx_fp16 = 1u << 21, avx_ifma = 1u << 23;
        a &= ~(avx_vnni | avx512_bf16 | amx_fp16 | avx_ifma);
        const uint32_t avx_vnni_int8 = 1u << 4, avx_vnni_int16 = 1u << 10, avx10 = 1u << 19;
        d &= ~(avx_vnni_int8 | avx_vnni_int16 | avx10);
    }
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void install(void) {
    struct sigaction own;
    memset(&own, 0, sizeof own);
    own.sa_sigaction = answer;
    own.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGILL, &own, &before);
}
