// A photograph is made smaller before it leaves: a phone takes some ten times heavier than what is kept.
const SIDE = 1600, BYTES = 1_400_000;

async function reduced(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.82, 0.6, 0.4]) {
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob && blob.size <= BYTES) return new File([blob], "photo.jpg", { type: "image/jpeg" });
  }
  return file;
}

// Listened to once, whatever page the field comes with.
document.addEventListener("change", async (event) => {
  const input = event.target;
  if (!input.matches?.("input[type=file][data-photo]") || !input.files.length) return;
  const button = input.form.querySelector("button");
  button.disabled = true;
  try {
    const held = new DataTransfer();
    held.items.add(await reduced(input.files[0]));
    input.files = held.files;
  } catch { /* Not a picture: the server says so in words. */ } finally {
    button.disabled = false;
  }
});
