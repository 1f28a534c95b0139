#include "lib/base/err.h"

#include <errno.h>

const char *err_text(int err)
{
	switch (err) {
#define ERR(name, code, text) case code: return text;
#include "lib/base/err.tbl.h"
#undef ERR
	default: return "unknown error";
	}
}

int err_from_errno(int errnum)
{
	switch (errnum) {
	case 0:         return ERR_OK;
	case ENOMEM:    return ERR_NOMEM;
	case EINVAL:    return ERR_INVAL;
	case ENOENT:    return ERR_NOENT;
	case EEXIST:    return ERR_EXIST;
	case ENOSPC:
	case EDQUOT:    return ERR_FULL;
	case EAGAIN:    return ERR_AGAIN;
	case EBUSY:     return ERR_BUSY;
	case EACCES:
	case EPERM:     return ERR_DENIED;
	case ETIMEDOUT: return ERR_TIMEOUT;
	case EPIPE:
	case ECONNRESET: return ERR_CLOSED;
	default:        return ERR_IO;
	}
}
