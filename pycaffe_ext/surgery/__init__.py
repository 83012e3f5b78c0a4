"""Operations on nets, as edits to their text: everything that an operation is not about stays to the byte.

document = Document.read("train_val.prototxt")
document = document.apply(freeze_all(document))
document = document.apply(rename(document, "fc8", "fc8_flickr"))
document.write("finetune.prototxt")

`perform(document, [Request("--freeze-all"), Request("--unfreeze", "conv5")])` does what the command does,
its checks included. The public functions of the modules in `operations` are here too; each yields edits.
"""
