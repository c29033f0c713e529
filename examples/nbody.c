/*
 * nbody.c - gravity among all pairs of bodies; the bodies travel around a ring of ranks.
 *
 *     nbody [BODIES] [STEPS]
 *
 * Each rank moves its own bodies by the leapfrog method.  To find the forces, every rank's bodies
 * visit every other rank once per step, handed on by MPI_Sendrecv_replace.  Total momentum must
 * stay zero and energy must hardly drift.
 */
#include <math.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct body {
    double x, y, z, mass;
};

struct vector {
    double x, y, z;
};

static const double softening = 0.05; /* lets bodies pass through each other */

/* A number in [0, 1) that depends on `index` alone, so that any number of ranks starts alike. */
static double random_number(uint64_t index) {
    uint64_t z = (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Add the pull of `visitors` on `bodies`; returns the potential energy between the two groups. */
static double pull(const struct body *bodies, int count, const struct body *visitors,
                   int visitor_count, struct vector *acceleration) {
    double energy = 0;
    for (int i = 0; i < count; i++) {
        double ax = 0, ay = 0, az = 0, potential = 0;
        for (int j = 0; j < visitor_count; j++) {
            double dx = visitors[j].x - bodies[i].x;
            double dy = visitors[j].y - bodies[i].y;
            double dz = visitors[j].z - bodies[i].z;
            double inverse = 1 / sqrt(dx * dx + dy * dy + dz * dz + softening * softening);
            double strength = visitors[j].mass * inverse;
            potential -= strength;
            strength *= inverse * inverse;
            ax += strength * dx;
            ay += strength * dy;
            az += strength * dz;
        }
        acceleration[i].x += ax;
        acceleration[i].y += ay;
        acceleration[i].z += az;
        energy += bodies[i].mass * potential;
    }
    return energy;
}

/* Accelerations of this rank's bodies by all bodies; returns this rank's share of the energy. */
static double find_forces(const struct body *bodies, int count, struct body *visitors, int largest,
                          struct vector *acceleration, MPI_Comm comm) {
    int rank, size, visitor_count = count;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    int next = (rank + 1) % size, previous = (rank + size - 1) % size;
    double energy = 0;
    for (int i = 0; i < count; i++) {
        visitors[i] = bodies[i];
        acceleration[i] = (struct vector){0, 0, 0};
    }
    for (int turn = 0; turn < size; turn++) {
        energy += pull(bodies, count, visitors, visitor_count, acceleration);
        if (turn + 1 == size) break;
        MPI_Sendrecv_replace(&visitor_count, 1, MPI_INT, next, 0, previous, 0, comm,
                             MPI_STATUS_IGNORE);
        MPI_Sendrecv_replace(visitors, 4 * largest, MPI_DOUBLE, next, 1, previous, 1, comm,
                             MPI_STATUS_IGNORE);
    }
    return energy / 2; /* every pair was counted twice */
}

static double total_energy(const struct body *bodies, const struct vector *velocity, int count,
                           double potential, MPI_Comm comm) {
    double local = potential, global;
    for (int i = 0; i < count; i++)
        local += 0.5 * bodies[i].mass *
                 (velocity[i].x * velocity[i].x + velocity[i].y * velocity[i].y +
                  velocity[i].z * velocity[i].z);
    MPI_Allreduce(&local, &global, 1, MPI_DOUBLE, MPI_SUM, comm);
    return global;
}

static void kick(struct vector *velocity, const struct vector *acceleration, int count, double dt) {
    for (int i = 0; i < count; i++) {
        velocity[i].x += dt * acceleration[i].x;
        velocity[i].y += dt * acceleration[i].y;
        velocity[i].z += dt * acceleration[i].z;
    }
}

static void drift(struct body *bodies, const struct vector *velocity, int count, double dt) {
    for (int i = 0; i < count; i++) {
        bodies[i].x += dt * velocity[i].x;
        bodies[i].y += dt * velocity[i].y;
        bodies[i].z += dt * velocity[i].z;
    }
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int total = argc > 1 ? atoi(argv[1]) : 2048, steps = argc > 2 ? atoi(argv[2]) : 20;
    int rank, size;
    MPI_Comm comm = MPI_COMM_WORLD;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    if (total < size || total > 1000000 || steps < 1) {
        if (rank == 0) fprintf(stderr, "nbody: need a body a rank and one step\n");
        MPI_Abort(comm, 2);
    }

    int first = (int)((long long)total * rank / size);
    int count = (int)((long long)total * (rank + 1) / size) - first;
    int largest = (total + size - 1) / size;
    struct body *bodies = calloc((size_t)largest, sizeof *bodies);
    struct body *visitors = calloc((size_t)largest, sizeof *visitors);
    struct vector *velocity = calloc((size_t)largest, sizeof *velocity);
    struct vector *acceleration = calloc((size_t)largest, sizeof *acceleration);
    if (!bodies || !visitors || !velocity || !acceleration) MPI_Abort(comm, 2);
    for (int i = 0; i < count; i++) {
        uint64_t seed = 3 * (uint64_t)(first + i);
        bodies[i] = (struct body){2 * random_number(seed) - 1, 2 * random_number(seed + 1) - 1,
                                  2 * random_number(seed + 2) - 1, 1.0 / total};
    }

    MPI_Barrier(comm);
    double start = MPI_Wtime(), dt = 1e-3;
    double potential = find_forces(bodies, count, visitors, largest, acceleration, comm);
    double before = total_energy(bodies, velocity, count, potential, comm);
    for (int step = 0; step < steps; step++) {
        kick(velocity, acceleration, count, dt / 2);
        drift(bodies, velocity, count, dt);
        potential = find_forces(bodies, count, visitors, largest, acceleration, comm);
        kick(velocity, acceleration, count, dt / 2);
    }
    double after = total_energy(bodies, velocity, count, potential, comm);
    double elapsed = MPI_Wtime() - start, slowest;

    double local[3] = {0, 0, 0}, momentum[3];
    for (int i = 0; i < count; i++) {
        local[0] += bodies[i].mass * velocity[i].x;
        local[1] += bodies[i].mass * velocity[i].y;
        local[2] += bodies[i].mass * velocity[i].z;
    }
    MPI_Allreduce(local, momentum, 3, MPI_DOUBLE, MPI_SUM, comm);
    MPI_Reduce(&elapsed, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, comm);
    double push = fabs(momentum[0]) + fabs(momentum[1]) + fabs(momentum[2]);
    double change = fabs((after - before) / before);
    int passed = push < 1e-12 && change < 1e-4;
    if (rank == 0) {
        printf("nbody: %d bodies, %d steps, %d ranks\n", total, steps, size);
        printf("energy: %.6f\n", after);
        printf("time: %.3f s, %.1f million pairs a second\n", slowest,
               1e-6 * total * total * (steps + 1) / slowest);
        printf("%s\n", passed ? "PASS" : "FAIL: energy or momentum not conserved");
    }

    free(bodies);
    free(visitors);
    free(velocity);
    free(acceleration);
    MPI_Finalize();
    return passed ? 0 : 1;
}
