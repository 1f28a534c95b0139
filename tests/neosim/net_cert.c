/* A certificate authority of the test's own, and one certificate of it for every name the server answers to. Written to files because the
 * clients are other programs; made for the machine's clock, which is the one they check dates by. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "lib/base/err.h"
#include "tests/neosim/net_priv.h"

#define VALID_S (30L * 86400)
#define SPARE_S (2L * 86400) /* one that ends sooner than this is made anew */

static int fail(char error[256], const char *what)
{
	char why[160];

	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	snprintf(error, 256, "certificates: %s: %s", what, why);
	return ERR_IO;
}

static bool extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	ok = e && X509_add_ext(cert, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* A random serial number: browsers and OpenSSL alike take two certificates of one issuer and serial for the same. */
static bool number(X509 *cert)
{
	uint64_t n;

	return RAND_bytes((unsigned char *)&n, sizeof(n)) == 1 && ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), n >> 1) == 1;
}

static X509 *begin(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();
	X509_NAME *n = X509_NAME_new();
	bool ok = cert && n && X509_set_version(cert, 2) == 1 && number(cert) && X509_gmtime_adj(X509_getm_notBefore(cert), -86400) &&
	          X509_gmtime_adj(X509_getm_notAfter(cert), VALID_S) &&
	          X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1 &&
	          X509_set_subject_name(cert, n) == 1 && X509_set_pubkey(cert, key) == 1;

	X509_NAME_free(n);
	if (ok)
		return cert;
	X509_free(cert);
	return NULL;
}

static X509 *make_ca(EVP_PKEY *key)
{
	X509 *ca = begin(key, "neosim test CA");

	if (ca && X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 && extend(ca, ca, NID_basic_constraints, "critical,CA:TRUE") &&
	    extend(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") && extend(ca, ca, NID_subject_key_identifier, "hash") &&
	    X509_sign(ca, key, EVP_sha256()) > 0)
		return ca;
	X509_free(ca);
	return NULL;
}

static X509 *make_server(EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, const char *names)
{
	X509 *cert = begin(key, "neosim");

	if (cert && X509_set_issuer_name(cert, X509_get_subject_name(ca)) == 1 && extend(cert, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	    extend(cert, ca, NID_key_usage, "critical,digitalSignature") && extend(cert, ca, NID_ext_key_usage, "serverAuth") &&
	    extend(cert, ca, NID_subject_key_identifier, "hash") && extend(cert, ca, NID_authority_key_identifier, "keyid:always") &&
	    extend(cert, ca, NID_subject_alt_name, names) && X509_sign(cert, ca_key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

static FILE *open_pem(const char *dir, const char *name, mode_t mode)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f)
		fchmod(fileno(f), mode);
	return f;
}

static bool close_pem(FILE *f, bool ok)
{
	return f && fclose(f) == 0 && ok;
}

static bool write_all(const char *dir, X509 *ca, X509 *cert, EVP_PKEY *key)
{
	FILE *f = open_pem(dir, "ca.pem", 0644);
	bool ok = close_pem(f, f && PEM_write_X509(f, ca) == 1);

	f = open_pem(dir, "cert.pem", 0644);
	ok = close_pem(f, f && PEM_write_X509(f, cert) == 1) && ok;
	f = open_pem(dir, "key.pem", 0600);
	return close_pem(f, f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1) && ok;
}

static bool lasts(const char *dir, const char *name)
{
	char path[512];
	X509 *cert = NULL;
	time_t then = time(NULL) + SPARE_S;
	bool ok;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (f) {
		cert = PEM_read_X509(f, NULL, NULL, NULL);
		fclose(f);
	}
	ok = cert && X509_cmp_time(X509_get0_notAfter(cert), &then) > 0;
	X509_free(cert);
	return ok;
}

static bool key_there(const char *dir)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/key.pem", dir);
	return stat(path, &st) == 0 && st.st_size > 0;
}

/* "DNS:a,IP:127.0.0.1": a number is an address, and clients look for it there only. */
static void alt_names(const char *const *names, struct buf *out)
{
	for (; *names; names++)
		buf_printf(out, "%s%s:%s", out->len ? "," : "", strspn(*names, "0123456789.") == strlen(*names) ? "IP" : "DNS", *names);
}

int net_make_certificates(const char *dir, const char *const *names, char error[256])
{
	struct buf list = {0};
	EVP_PKEY *ca_key, *key;
	X509 *ca, *cert;
	int err = ERR_OK;

	if (lasts(dir, "ca.pem") && lasts(dir, "cert.pem") && key_there(dir))
		return ERR_OK;
	ERR_clear_error();
	alt_names(names, &list);
	ca_key = EVP_EC_gen("P-256");
	key = EVP_EC_gen("P-256");
	ca = ca_key ? make_ca(ca_key) : NULL;
	cert = ca && key && list.data ? make_server(key, ca, ca_key, list.data) : NULL;
	if (!cert)
		err = fail(error, "cannot be made");
	else if (!write_all(dir, ca, cert, key))
		err = fail(error, dir);
	X509_free(cert);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	buf_done(&list);
	return err;
}
