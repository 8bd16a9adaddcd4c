#include "plugin/adapters/openssl/path_check.h"

#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "attestors/base/encoding.h"
#include "plugin/adapters/openssl/handles.h"

namespace svidence::openssl {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using ContextPtr = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;

constexpr int kMaxPathLength = 8;

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_pop_free(stack, X509_free); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

StatusOr<X509Ptr> Parse(const X509Certificate& certificate) {
  const auto bytes = BytesOf(certificate.der);
  const unsigned char* at = bytes.data();
  // NOLINTNEXTLINE(google-runtime-int): OpenSSL counts bytes in long.
  X509Ptr parsed(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
  if (parsed != nullptr) return parsed;
  ERR_clear_error();
  return InvalidArgument("a certificate does not parse");
}

StatusOr<StorePtr> StoreOf(std::span<const X509Certificate> anchors) {
  StorePtr store(X509_STORE_new());
  if (store == nullptr) return TakeError("making a store");
  for (const X509Certificate& anchor : anchors) {
    SVIDENCE_ASSIGN_OR_RETURN(const X509Ptr parsed, Parse(anchor));
    if (X509_STORE_add_cert(store.get(), parsed.get()) != 1) return TakeError("adding an anchor");
  }
  return store;
}

StatusOr<StackPtr> StackOf(std::span<const X509Certificate> certificates) {
  StackPtr stack(sk_X509_new_null());
  if (stack == nullptr) return TakeError("making a chain");
  for (const X509Certificate& certificate : certificates) {
    SVIDENCE_ASSIGN_OR_RETURN(X509Ptr parsed, Parse(certificate));
    if (sk_X509_push(stack.get(), parsed.get()) == 0) return TakeError("making a chain");
    (void)parsed.release();  // the stack owns it
  }
  return stack;
}

}  // namespace

Status CheckPath(std::span<const X509Certificate> chain, std::span<const X509Certificate> anchors,
                 std::int64_t at) {
  if (chain.empty()) return InvalidArgument("there is no certificate to check");
  if (anchors.empty()) return InvalidArgument("the bundle has no certificate");
  SVIDENCE_ASSIGN_OR_RETURN(const StorePtr store, StoreOf(anchors));
  SVIDENCE_ASSIGN_OR_RETURN(const X509Ptr leaf, Parse(chain.front()));
  SVIDENCE_ASSIGN_OR_RETURN(const StackPtr others, StackOf(chain.subspan(1)));
  const ContextPtr context(X509_STORE_CTX_new());
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), others.get()) != 1) {
    return TakeError("preparing path validation");
  }
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(at));
  X509_VERIFY_PARAM_set_depth(param, kMaxPathLength);
  // Anchors may be intermediates; and none of the leniencies for old certificates.
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT);
  const int verdict = X509_verify_cert(context.get());
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (verdict == 1) return OkStatus();
  return PermissionDenied(std::string("the chain leads to no certificate of the bundle: ") +
                          X509_verify_cert_error_string(error));
}

}  // namespace svidence::openssl
