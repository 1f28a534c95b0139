/* TLS between two buffers: no socket is known here, so a tunnel's bytes and a TLS port's take the same way. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/err.h"
#include "tests/neosim/net_priv.h"

struct net_tls { SSL_CTX *ctx; };
struct net_ssl { SSL *ssl; BIO *from_peer, *to_peer; };

static int fail(char error[256], const char *what)
{
	char why[160];

	ERR_error_string_n(ERR_get_error(), why, sizeof(why));
	snprintf(error, 256, "%s: %s", what, why);
	return ERR_IO;
}

/* The SDK offers h2 too; this server speaks HTTP/1.1 alone. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in, unsigned in_len, void *ctx)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)ctx;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

int net_tls_open(const char *cert, const char *key, struct net_tls **ret, char error[256])
{
	struct net_tls *t = calloc(1, sizeof(*t));
	int err = ERR_OK;

	if (!t)
		return ERR_NOMEM;
	t->ctx = SSL_CTX_new(TLS_server_method());
	if (!t->ctx)
		err = fail(error, "TLS");
	else if (SSL_CTX_use_certificate_chain_file(t->ctx, cert) != 1)
		err = fail(error, cert);
	else if (SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) != 1)
		err = fail(error, key);
	if (err) {
		net_tls_close(&t);
		return err;
	}
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_alpn_select_cb(t->ctx, choose_protocol, NULL);
	*ret = t;
	return ERR_OK;
}

void net_tls_close(struct net_tls **t)
{
	if (*t)
		SSL_CTX_free((*t)->ctx);
	free(*t);
	*t = NULL;
}

struct net_ssl *net_ssl_new(struct net_tls *t)
{
	struct net_ssl *s = calloc(1, sizeof(*s));

	assert(s);
	s->ssl = SSL_new(t->ctx);
	s->from_peer = BIO_new(BIO_s_mem());
	s->to_peer = BIO_new(BIO_s_mem());
	assert(s->ssl && s->from_peer && s->to_peer);
	SSL_set_bio(s->ssl, s->from_peer, s->to_peer);
	SSL_set_accept_state(s->ssl);
	return s;
}

void net_ssl_free(struct net_ssl **s)
{
	if (*s)
		SSL_free((*s)->ssl);
	free(*s);
	*s = NULL;
}

static void drain(struct net_ssl *s, struct buf *out)
{
	char *bytes;
	long n = BIO_get_mem_data(s->to_peer, &bytes);

	if (n > 0)
		buf_put(out, bytes, (size_t)n);
	(void)BIO_reset(s->to_peer);
}

bool net_ssl_feed(struct net_ssl *s, const void *bytes, size_t len, struct buf *in, struct buf *out)
{
	char plain[16 * 1024];
	int n;

	ERR_clear_error();
	if (BIO_write(s->from_peer, bytes, (int)len) != (int)len)
		return false;
	while ((n = SSL_read(s->ssl, plain, sizeof(plain))) > 0)
		buf_put(in, plain, (size_t)n);
	n = SSL_get_error(s->ssl, n);
	drain(s, out);
	return n == SSL_ERROR_WANT_READ || n == SSL_ERROR_WANT_WRITE;
}

bool net_ssl_write(struct net_ssl *s, const void *bytes, size_t len, struct buf *out)
{
	const char *at = bytes;

	ERR_clear_error();
	while (len > 0) {
		int n = SSL_write(s->ssl, at, len > INT_MAX ? INT_MAX : (int)len);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	drain(s, out);
	return true;
}

void net_ssl_end(struct net_ssl *s, struct buf *out)
{
	ERR_clear_error();
	if (SSL_is_init_finished(s->ssl))
		SSL_shutdown(s->ssl);
	drain(s, out);
}
