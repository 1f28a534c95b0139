/* A library that is loaded on need: its functions work, and what is missing is named with its remedy. */
#include "lib/base/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/obj.h"

static struct { double (*root)(double); double (*floor)(double); } table;
static const struct library_function good[] = {
	{ "sqrt", offsetof(__typeof__(table), root) }, { "floor", offsetof(__typeof__(table), floor) },
};
static const struct library_function bad[] = {
	{ "sqrt", offsetof(__typeof__(table), root) }, { "no_such_root", offsetof(__typeof__(table), floor) },
};

static struct library maths(const struct library_function *function, const char *file)
{
	return (struct library){ .file = file, .package = "libc6", .function = function, .functions = 2, .table = &table };
}

static void test_loads(void **state)
{
	struct library l = maths(good, "libm.so.6");

	(void)state;
	assert_true(library_load(&l));
	assert_true(table.root(81) == 9 && table.floor(2.5) == 2);
	table.root = NULL;
	assert_true(library_load(&l)); /* nothing is done twice */
	assert_null(table.root);
}

static void test_missing_file(void **state)
{
	struct library l = maths(good, "libno-such-thing.so.1");

	(void)state;
	assert_false(library_load(&l));
	assert_string_equal(l.reason, "libno-such-thing.so.1 cannot be loaded; install the package libc6");
	l.file = "libm.so.6"; /* it was installed meanwhile */
	assert_true(library_load(&l));
}

static void test_missing_function(void **state)
{
	struct library l = maths(bad, "libm.so.6");

	(void)state;
	assert_false(library_load(&l));
	assert_string_equal(l.reason, "libm.so.6 has no no_such_root; install a newer version of the package libc6");
	assert_false(library_load(&l));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads), cmocka_unit_test(test_missing_file), cmocka_unit_test(test_missing_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
