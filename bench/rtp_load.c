/* Phones for bench/media.py: N legs, each with a socket of its own, send G.711 every 20 ms and time what comes back.
 *
 * usage: rtp_load FIRST_PORT SECONDS SSRC_BASE < destination ports, one a line
 *
 * Legs begin spread over the 20 ms as real phones do. The first bytes of each payload hold the time of sending: a
 * two-party call brings them unchanged to the other side, so one-way delay is measured there. Arrival times are the
 * kernel's. Prints one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum { SLOTS = 20, PACKET = 172, MAGIC = 0x5ca1ab1e };

static int64_t now_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at_share(double *sorted, long count, double share) {
    return count ? sorted[(long)((count - 1) * share)] : 0.0;
}

struct leg {
    int fd;
    uint16_t sequence;
    long received;
    int has_base;
    uint16_t base;
    double *offsets; /* arrival minus 20 ms times the packet's number, ms */
};

static double *delays;
static long delay_count, delay_limit;

static void receive(struct leg *leg, int64_t start, long limit) {
    unsigned char data[2048], control[64];
    for (;;) {
        struct iovec part = {data, sizeof data};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t size = recvmsg(leg->fd, &message, MSG_DONTWAIT);
        if (size < 0) return;
        if (size != PACKET) continue;
        int64_t arrival = now_ns(CLOCK_REALTIME);
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
                struct timespec t;
                memcpy(&t, CMSG_DATA(c), sizeof t);
                arrival = t.tv_sec * 1000000000LL + t.tv_nsec;
            }
        uint16_t sequence = data[2] << 8 | data[3];
        if (!leg->has_base) {
            leg->has_base = 1;
            leg->base = sequence;
        }
        uint16_t number = sequence - leg->base;
        if (leg->received < limit) leg->offsets[leg->received++] = (arrival - start) / 1e6 - 20.0 * number;
        int64_t sent;
        uint32_t magic;
        memcpy(&sent, data + 12, 8);
        memcpy(&magic, data + 20, 4);
        if (magic == MAGIC && delay_count < delay_limit) delays[delay_count++] = (arrival - sent) / 1e6;
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int first = atoi(argv[1]), count = 0, *ports = malloc(65536 * sizeof *ports);
    long ticks = atof(argv[2]) * 50;
    uint32_t ssrc = atoi(argv[3]);
    while (scanf("%d", &ports[count]) == 1) count++;
    struct rlimit files = {65536, 65536};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    struct leg *legs = calloc(count, sizeof *legs);
    delay_limit = ticks * count + 1;
    delays = malloc(delay_limit * sizeof *delays);
    long limit = ticks + 200;
    for (int i = 0; i < count; i++) {
        int on = 1, buffer = 1 << 19;
        struct sockaddr_in us = {.sin_family = AF_INET, .sin_port = htons(first + i), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        struct sockaddr_in them = {.sin_family = AF_INET, .sin_port = htons(ports[i]), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        legs[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        setsockopt(legs[i].fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        setsockopt(legs[i].fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        if (bind(legs[i].fd, (void *)&us, sizeof us) || connect(legs[i].fd, (void *)&them, sizeof them)) {
            perror("socket");
            return 1;
        }
        legs[i].offsets = malloc(limit * sizeof(double));
    }
    unsigned char packet[PACKET];
    long sent = 0;
    int64_t start = now_ns(CLOCK_REALTIME), next = now_ns(CLOCK_MONOTONIC);
    for (long slot = 0; slot < ticks * SLOTS; slot++) {
        long tick = slot / SLOTS;
        for (int i = slot % SLOTS; i < count; i += SLOTS) {
            uint16_t sequence = htons(legs[i].sequence++);
            uint32_t timestamp = htonl(tick * 160), source = htonl(ssrc + i), magic = MAGIC;
            int64_t now = now_ns(CLOCK_REALTIME);
            packet[0] = 0x80;
            packet[1] = 0;
            memcpy(packet + 2, &sequence, 2);
            memcpy(packet + 4, &timestamp, 4);
            memcpy(packet + 8, &source, 4);
            for (int k = 12; k < PACKET; k++) packet[k] = 0x90 | ((i + k * 7 + tick) & 0x1f);
            memcpy(packet + 12, &now, 8);
            memcpy(packet + 20, &magic, 4);
            if (send(legs[i].fd, packet, PACKET, 0) == PACKET) sent++;
            receive(&legs[i], start, limit);
        }
        next += 20000000 / SLOTS;
        struct timespec until = {next / 1000000000, next % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    struct timespec rest = {0, 100000000};
    nanosleep(&rest, NULL);
    long received = 0, punctual = 0, judged = 0;
    double *sorted = malloc(limit * sizeof *sorted), worst = 0;
    for (int i = 0; i < count; i++) {
        receive(&legs[i], start, limit);
        received += legs[i].received;
        long skipped = legs[i].received < 100 ? legs[i].received : 50; /* the first second: legs latch one by one */
        long rest_count = legs[i].received - skipped;
        memcpy(sorted, legs[i].offsets + skipped, rest_count * sizeof *sorted);
        qsort(sorted, rest_count, sizeof *sorted, compare);
        double own = at_share(sorted, rest_count, 0.5);
        for (long k = skipped; k < legs[i].received; k++) {
            double off = legs[i].offsets[k] - own;
            if (off < 0) off = -off;
            if (off > worst) worst = off;
            punctual += off <= 5.0;
            judged++;
        }
    }
    qsort(delays, delay_count, sizeof *delays, compare);
    printf("{\"legs\": %d, \"sent\": %ld, \"received\": %ld, \"within_5_ms\": %.6f, \"worst_off_ms\": %.3f, "
           "\"delay_ms\": {\"median\": %.2f, \"p99\": %.2f, \"p999\": %.2f, \"max\": %.2f, \"samples\": %ld}}\n",
           count, sent, received, judged ? (double)punctual / judged : 0.0, worst, at_share(delays, delay_count, 0.5),
           at_share(delays, delay_count, 0.99), at_share(delays, delay_count, 0.999), at_share(delays, delay_count, 1.0), delay_count);
    return 0;
}
