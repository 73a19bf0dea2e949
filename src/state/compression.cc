#include "state/compression.h"

#include <zstd.h>

#include <boost/assert.hpp>
#include <memory>

namespace postern {
namespace {

// Lessons are written once and read in whole logs: level 3 keeps up with the disk both ways.
constexpr int level = 3;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Contexts are large and dear to make; training compresses thousands of messages in a row.
ZSTD_CCtx* compression_context() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  return context.get();
}

ZSTD_DCtx* decompression_context() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

std::string compress(std::string_view bytes) {
  ZSTD_CCtx* const context = compression_context();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context, frame.data(), frame.size(), bytes.data(), bytes.size());
  BOOST_ASSERT_MSG(!ZSTD_isError(size), "the bound is enough by definition");
  frame.resize(size);
  return frame;
}

Result<std::string> decompress(std::string_view frame, std::size_t limit) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
    return Error(Errc::bad_data, "the compressed data does not begin with a zstd frame");
  }
  if (size > limit) {
    return Error(Errc::bad_data, "the compressed data would grow to " + std::to_string(size) +
                                     " octets; the limit is " + std::to_string(limit));
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  const std::size_t got = ZSTD_decompressDCtx(decompression_context(), bytes.data(), bytes.size(),
                                              frame.data(), frame.size());
  if (ZSTD_isError(got) || got != bytes.size()) {
    return Error(Errc::bad_data,
                 "the compressed data is damaged: " +
                     std::string(ZSTD_isError(got) ? ZSTD_getErrorName(got) : "it ends too early"));
  }
  return bytes;
}

}  // namespace postern
