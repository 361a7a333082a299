/* Loaded into user-mode-linux with LD_PRELOAD; mends what it does wrong on today's hosts.
 *
 * ptrace: its buffer for floating point registers is fixed at 2696 bytes. On processors with a
 * larger state (AMX: 11008 bytes) the host refuses to set less than the whole, and the machine
 * panics at its first process. So the whole state is read once, and what it sets is filled up.
 *
 * execvp: it "reboots" by executing itself with its tap devices still open, and with its process
 * number noted as the one that owns its control socket. The new instance then finds its taps busy
 * and comes back without a network, and makes its socket in a place that nobody knows. So all but
 * standard files are closed, and the note that UML_PID_FILE names is removed. A reset out of an
 * interrupt (a watchdog, sysrq from outside) leaves the interrupt's signals blocked, the clock's
 * among them: the new instance would wait for its first tick for ever. So none stays blocked.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	LARGEST_STATE = 65536,
	HEADER_AT = 512,   /* of the xsave area: first word says which parts are valid */
	SMALLEST_STATE = 576,
};
static const uint64_t AMX_PARTS = 3ULL << 17;

static unsigned char state[LARGEST_STATE] __attribute__((aligned(64)));
static size_t whole; /* size of this host's state, once known */

static long read_whole(long pid)
{
	struct iovec vec = { state, sizeof state };
	long done = syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &vec);

	if (done >= 0)
		whole = vec.iov_len;
	return done;
}

static size_t shorter(size_t one, size_t other)
{
	return one < other ? one : other;
}

static long get_state(long pid, struct iovec *wanted)
{
	long done = read_whole(pid);

	if (done < 0)
		return done;
	wanted->iov_len = shorter(whole, wanted->iov_len);
	memcpy(wanted->iov_base, state, wanted->iov_len);
	return 0;
}

static long set_state(long pid, const struct iovec *given)
{
	struct iovec vec = { state, 0 };
	size_t known;

	if (!whole && read_whole(pid) < 0)
		return -1;
	known = shorter(whole, given->iov_len);
	memset(state, 0, whole);
	memcpy(state, given->iov_base, known);
	if (known < whole && whole >= SMALLEST_STATE) {
		uint64_t valid;

		memcpy(&valid, state + HEADER_AT, sizeof valid);
		valid &= ~AMX_PARTS; /* they were cut off: say they are in their initial state */
		memcpy(state + HEADER_AT, &valid, sizeof valid);
	}
	vec.iov_len = whole;
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &vec);
}

long ptrace(enum __ptrace_request request, ...)
{
	static long (*original)(int, ...);
	va_list rest;
	long pid;
	void *address, *data;

	va_start(rest, request);
	pid = va_arg(rest, int);
	address = va_arg(rest, void *);
	data = va_arg(rest, void *);
	va_end(rest);
	if ((long)address == NT_X86_XSTATE && request == PTRACE_GETREGSET)
		return get_state(pid, data);
	if ((long)address == NT_X86_XSTATE && request == PTRACE_SETREGSET)
		return set_state(pid, data);
	if (!original)
		original = dlsym(RTLD_NEXT, "ptrace");
	return original(request, pid, address, data);
}

int execvp(const char *file, char *const arguments[])
{
	int (*original)(const char *, char *const[]) = dlsym(RTLD_NEXT, "execvp");

	const char *note = getenv("UML_PID_FILE");
	sigset_t none;

	syscall(SYS_close_range, 3, ~0U, 0);
	if (note)
		unlink(note);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return original(file, arguments);
}
