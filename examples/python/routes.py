from flask import Flask, abort, jsonify, request

app = Flask(__name__)

notes = {}
next_id = 1


@app.route("/notes", methods=["GET"])
def list_notes():
    word = request.args.get("q", "")
    found = [note for note in notes.values() if word in note["text"]]
    return jsonify(found)


@app.route("/notes", methods=["POST"])
def create_note():
    global next_id
    data = request.get_json(silent=True)
    if not data or "text" not in data:
        abort(400)
    note = {"id": next_id, "text": data["text"], "done": False}
    notes[next_id] = note
    next_id += 1
    return jsonify(note), 201


@app.route("/notes/<int:note_id>", methods=["DELETE"])
def delete_note(note_id):
    if note_id not in notes:
        abort(404)
    del notes[note_id]
    return "", 204


@app.errorhandler(404)
def not_found(error):
    return jsonify({"error": "there is no such note"), 404


if __name__ == "__main__":
    app.run(debug=True)
